// runUntilSignal: the main function of a program that is a tree.

import { constants } from "node:os";
import { check, checkKeys, invalid } from "../contract/check.ts";
import type { Supervisor } from "../handle.ts";
import { beginDraining } from "../http/draining.ts";

export interface RunUntilSignalOptions {
  /**
   * The signals that ask the tree to stop.
   *
   * @default ["SIGINT", "SIGTERM"]
   */
  signals?: readonly NodeJS.Signals[] | undefined;
  /**
   * How long, in milliseconds, the tree runs on after the first signal, while `/readyz` of `statevisor/http` answers 503.
   * Give it the time in which a load balancer notices: its interval times its threshold.
   *
   * @default 0
   */
  drainMs?: number | undefined;
  /**
   * Called with the error that made the tree fail, or with that of its stop.
   *
   * @default console.error
   */
  onError?: ((error: Error) => void) | undefined;
}

/** A signal that comes again within this time is the same one, passed on by a parent process. */
const echoMs = 100;
/** How long the second signal waits for what it has killed. */
const killMs = 500;

/**
 * Starts the tree, unless it runs already, and stops it in order when a signal comes. Resolves to the exit code of the
 * program: 0 when the tree stopped or completed; 1 when it failed, or a service failed to stop; 128 plus the number of
 * the signal (130 for SIGINT, 143 for SIGTERM) when a second one came during the drain or the stop.
 *
 * The second signal kills: every stop deadline passes now, so processes get SIGKILL and workers are terminated; it waits
 * at most half a second for that. A plain function cannot be killed: it ends with the program. So call
 *
 * ```ts
 * process.exit(await runUntilSignal(supervisor));
 * ```
 *
 * It exits nothing itself, keeps the program alive until then, never rejects for what the tree does, and takes its signal
 * handlers away at the end. The same signal again within 100 ms counts as one: npm and others repeat what the terminal sends.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for bad options.
 */
export async function runUntilSignal(supervisor: Supervisor, options: RunUntilSignalOptions = {}): Promise<number> {
  const { signals, drainMs, onError } = readOptions(options);
  const drain = new Drain(supervisor);
  let first: { readonly signal: NodeJS.Signals; readonly at: number; readonly stopped: Promise<Error | null> } | null =
    null;
  let second: NodeJS.Signals | null = null;
  let cutShort!: () => void;
  const cut = new Promise<null>((resolve) => {
    cutShort = () => resolve(null);
  });

  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (first === null) {
      first = {
        signal,
        at: now,
        stopped: drainMs === 0 ? stop(supervisor) : drain.wait(drainMs).then(() => stop(supervisor)),
      };
    } else if (second === null && (first.signal !== signal || now - first.at > echoMs)) {
      second = signal;
      drain.end();
      Promise.race([stop(supervisor, 0), after(killMs)]).then(cutShort);
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  // Handlers of signals keep no process alive, and a tree need not hold anything that does.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    const error = await Promise.race([cut, runToEnd(supervisor, drain, () => first?.stopped ?? null)]);
    if (second !== null) return 128 + constants.signals[second as NodeJS.Signals];
    if (error === null) return 0;
    onError(error);
    return 1;
  } finally {
    clearInterval(alive);
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** Resolves to what went wrong with the stop. */
function stop(supervisor: Supervisor, timeoutMs?: number): Promise<Error | null> {
  return supervisor.stop(timeoutMs === undefined ? {} : { timeoutMs }).then(
    () => null,
    (error: Error) => error,
  );
}

/** The time between the signal and the stop, in which the tree runs on and is not ready. */
class Drain {
  readonly #supervisor: Supervisor;
  #end = () => {};

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** A tree that does not run yet, or not any more, has no traffic to lose. */
  async wait(ms: number): Promise<void> {
    if (this.#supervisor.status().state !== "running") return;
    const endDraining = beginDraining(this.#supervisor);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    // From here on it is stopping, or has ended.
    setImmediate(endDraining);
  }

  end(): void {
    this.#end();
  }
}

/** Resolves to what went wrong. */
async function runToEnd(
  supervisor: Supervisor,
  drain: Drain,
  stopped: () => Promise<Error | null> | null,
): Promise<Error | null> {
  const { state } = supervisor.status();
  if (state === "stopped" || state === "failed") await supervisor.start().catch(() => {});
  const exit = await supervisor.exit;
  drain.end();
  const stopError = await stopped();
  return exit.kind === "failed" ? exit.error : stopError;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Checked {
  readonly signals: readonly NodeJS.Signals[];
  readonly drainMs: number;
  readonly onError: (error: Error) => void;
}

function readOptions(options: RunUntilSignalOptions): Checked {
  check.object("runUntilSignal", "options", options);
  checkKeys("runUntilSignal", options, ["signals", "drainMs", "onError"]);
  const { signals = ["SIGINT", "SIGTERM"], onError = console.error } = options;
  const isSignals = Array.isArray(signals) && signals.every((signal) => Object.hasOwn(constants.signals, signal));
  if (!isSignals) throw invalid("runUntilSignal", "signals", "an array of names of signals", signals);
  check.function("runUntilSignal", "onError", onError);
  const drainMs = check.duration("runUntilSignal", "drainMs", options.drainMs, 0);
  return { signals: [...new Set(signals)], drainMs, onError };
}
