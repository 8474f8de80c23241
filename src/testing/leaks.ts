// What is open in this process: sockets, timers, threads, listeners. Counted before and after, the difference has leaked.

/** How many of each kind. */
export type Holdings = Readonly<Record<string, number>>;

/** Longer than the timers that test frameworks set between the tests. */
const steadyMs = 200;

interface Host {
  getActiveResourcesInfo?(): string[];
  eventNames?(): (string | symbol)[];
  listenerCount?(event: string | symbol): number;
}

/**
 * What is open now, by kind: `"TCPServerWrap"`, `"Timeout"`, `"listener of process SIGTERM"`, and the counts given. Where
 * the host does not tell (a browser), only those.
 */
async function takeStock(counts: Readonly<Record<string, () => number>> = {}): Promise<Holdings> {
  // A timer counts as long as its callback, and what follows from it at once, runs.
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

/** What is open all the time for a while: not what a test framework has in flight now and then. */
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

/** The two together. */
export function addStock(one: Holdings, other: Holdings): Holdings {
  const sum: Record<string, number> = { ...one };
  for (const [kind, count] of Object.entries(other)) sum[kind] = (sum[kind] ?? 0) + count;
  return sum;
}

/** What there is more of than before, and how much more. */
function compareStock(before: Holdings, after: Holdings): Holdings {
  const more = Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

/** What is left of it at last: looks again until nothing is, or the time is up. */
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
