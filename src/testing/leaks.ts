// leaks.ts: what a path leaves open: resources of the host, listeners of emitters, and what the driver counts. What is
// open after a path and was not before it has leaked.

import type { LifecycleDriver } from "./lifecycle-driver.ts";
import { type Open, Scope } from "./scopes.ts";

/** How many are open, by kind. */
export type Holdings = Readonly<Record<string, number>>;

/** An object with listeners, as those of `node:events`. */
export interface WatchedEmitter {
  eventNames(): (string | symbol)[];
  listenerCount(event: string | symbol): number;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** Longer than the timers that test frameworks set between the tests. */
const steadyMs = 200;
/** A leak that is known already is waited for no longer than this. */
const knownGraceMs = 50;

// A framework's fake timers, which a test may have installed, would wait for somebody to fire them.
const timers = { setImmediate: globalThis.setImmediate, setTimeout: globalThis.setTimeout };

interface Host extends Partial<WatchedEmitter> {
  getActiveResourcesInfo?(): string[];
}

const host = (globalThis as unknown as { process?: Host }).process ?? {};

/** The emitters whose listeners are counted, by name. */
function emittersOf({ watch = {} }: LifecycleDriver): [name: string, emitter: WatchedEmitter][] {
  const own = host.eventNames === undefined ? [] : [["process", host as WatchedEmitter] as const];
  return [...own, ...Object.entries(watch)] as [string, WatchedEmitter][];
}

/** The number of open things by kind, without those that a scope knows. */
async function takeStock(driver: LifecycleDriver): Promise<Holdings> {
  // A timer counts while its callback runs, and what follows from that at once.
  if (timers.setImmediate) await new Promise((resolve) => timers.setImmediate(resolve));
  const holdings: Record<string, number> = {};
  if (!Scope.isExact) {
    for (const kind of host.getActiveResourcesInfo?.() ?? []) holdings[kind] = (holdings[kind] ?? 0) + 1;
  }
  for (const [name, emitter] of emittersOf(driver)) {
    // `newListener` is how the lines that add listeners are noted.
    const events = emitter.eventNames().filter((event) => event !== "newListener");
    for (const event of events) holdings[listenerOf(name, event)] = emitter.listenerCount(event);
  }
  for (const [name, count] of Object.entries(driver.count ?? {})) holdings[name] = count();
  return holdings;
}

function listenerOf(name: string, event: string | symbol): string {
  return `listener of ${name} ${String(event)}`;
}

/** The things that stay open for a while, where other tests may open some: a test framework does now and then. */
export async function takeSteadyStock(driver: LifecycleDriver): Promise<Holdings> {
  let steady = await takeStock(driver);
  const until = performance.now() + (Scope.isExact ? 0 : steadyMs);
  while (performance.now() < until) {
    await rest(10);
    const now = await takeStock(driver);
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

/** Notes for a scope which lines add listeners. Returns the end of it. */
export function watchListeners(driver: LifecycleDriver, scope: Scope): () => void {
  const ends = emittersOf(driver).map(([name, emitter]) => {
    const note = (event: string | symbol) => scope.noteListener(listenerOf(name, event));
    emitter.on("newListener", note as never);
    return () => void emitter.off("newListener", note as never);
  });
  return () => {
    for (const end of ends) end();
  };
}

/** What was found open after a path. */
export interface Leaks {
  /** Open to the end of the grace. */
  readonly leaked: readonly Open[];
  /** Open when the path was over, and closed within the grace. */
  readonly late: readonly Open[];
  /** What leaked, by kind. */
  readonly holdings: Holdings;
}

/** Finds what a path has left open. `known`: what was found before, for which it does not wait again. */
export async function findLeaks(
  before: Holdings,
  scope: Scope,
  driver: LifecycleDriver,
  known: ReadonlySet<string>,
): Promise<Leaks> {
  const { graceMs = 1_000, quietMs = 250 } = driver;
  const began = performance.now();
  let late: readonly Open[] = [];
  let isQuiet = false;
  for (;;) {
    const open = await findOpen(before, scope, driver);
    const tookMs = performance.now() - began;
    const isWaited = tookMs >= (open.every((one) => known.has(keyOf(one))) ? knownGraceMs : graceMs);
    if (!isQuiet && tookMs >= quietMs && tookMs < graceMs) {
      isQuiet = true;
      late = open;
    }
    if (open.length === 0 || isWaited) return toLeaks(open, late);
    await rest(5);
  }
}

async function findOpen(before: Holdings, scope: Scope, driver: LifecycleDriver): Promise<Open[]> {
  const after = await takeStock(driver);
  const counted = Object.entries(after).flatMap(([kind, count]) => {
    const more = count - (before[kind] ?? 0);
    return more > 0 ? Array.from({ length: more }, () => ({ kind, madeAt: scope.sites.get(kind) ?? null })) : [];
  });
  return [...scope.open, ...counted];
}

function toLeaks(leaked: readonly Open[], late: readonly Open[]): Leaks {
  const holdings: Record<string, number> = {};
  for (const { kind } of leaked) holdings[kind] = (holdings[kind] ?? 0) + 1;
  const keys = new Set(leaked.map(keyOf));
  return { leaked, late: late.filter((one) => !keys.has(keyOf(one))), holdings };
}

/** Two leaks with the same key are one kind. */
export function keyOf({ kind, madeAt }: Open): string {
  return `${kind} ${madeAt}`;
}

/** Waits in real time. */
export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    timers.setTimeout(resolve, ms);
  });
}
