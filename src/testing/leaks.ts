// Leaks: the open sockets, timers, threads and listeners of this process. What is open after a path and was not before it
// has leaked.

/** How many are open, by kind. */
export type Holdings = Readonly<Record<string, number>>;

/** Longer than the timers that test frameworks set between the tests. */
const steadyMs = 200;

interface Host {
  getActiveResourcesInfo?(): string[];
  eventNames?(): (string | symbol)[];
  listenerCount?(event: string | symbol): number;
}

/**
 * The number of open things by kind: `"TCPServerWrap"`, `"Timeout"`, `"listener of process SIGTERM"`, and the given
 * counts. On a host that does not list its resources (a browser) only the given counts.
 */
async function takeStock(counts: Readonly<Record<string, () => number>> = {}): Promise<Holdings> {
  // A timer counts while its callback runs, and what follows from that at once.
  if (typeof setImmediate === "function") await new Promise((resolve) => setImmediate(resolve));
  const { process: host = {} } = globalThis as { process?: Host };
  const holdings: Record<string, number> = {};
  for (const kind of host.getActiveResourcesInfo?.() ?? []) holdings[kind] = (holdings[kind] ?? 0) + 1;
  for (const event of host.eventNames?.() ?? []) {
    holdings[`listener of process ${String(event)}`] = host.listenerCount?.(event) ?? 0;
  }
  for (const [name, count] of Object.entries(counts)) holdings[name] = count();
  return holdings;
}

/** The things that stay open for a while; a test framework opens others now and then. */
export async function takeSteadyStock(counts: Readonly<Record<string, () => number>> | undefined): Promise<Holdings> {
  let steady = await takeStock(counts);
  const until = performance.now() + steadyMs;
  while (performance.now() < until) {
    await rest(10);
    const now = await takeStock(counts);
    steady = Object.fromEntries(Object.entries(steady).map(([kind, count]) => [kind, Math.min(count, now[kind] ?? 0)]));
  }
  return steady;
}

/** The sum of both, by kind. */
export function addStock(one: Holdings, other: Holdings): Holdings {
  const sum: Record<string, number> = { ...one };
  for (const [kind, count] of Object.entries(other)) sum[kind] = (sum[kind] ?? 0) + count;
  return sum;
}

/** The kinds of which there are more than before, with the difference. */
function compareStock(before: Holdings, after: Holdings): Holdings {
  const more = Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

/** The leaks that remain: looks again until there are none, or the time is up. */
export async function findLeaks(
  before: Holdings,
  counts: Readonly<Record<string, () => number>> | undefined,
  graceMs: number,
): Promise<Holdings> {
  const until = performance.now() + graceMs;
  for (;;) {
    const leaks = compareStock(before, await takeStock(counts));
    if (Object.keys(leaks).length === 0 || performance.now() >= until) return leaks;
    await rest(5);
  }
}

/** Waits in real time. */
export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
