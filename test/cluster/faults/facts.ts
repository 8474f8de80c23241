// What a node of the fault tests prints, one line of JSON each, and what it can be told on its stdin.

/** Monotonic milliseconds, of the one clock that all processes of a machine share. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

export interface Fact {
  readonly at: number;
  /**
   * begin, end: of a clustered service. over: it was still there when its lease was found over, after a pause of the process.
   * tick: each 10 ms of the singleton, whatever its lease says. order: one was acknowledged. woke: the process has noticed that it
   * stood still.
   */
  readonly type: "begin" | "end" | "over" | "tick" | "order" | "woke";
  readonly claim?: string;
  readonly token?: number;
  /** What `ctx.lease.isHeld` said at a tick. */
  readonly isHeld?: boolean;
  /** The id of the order that was acknowledged. */
  readonly id?: string;
}

export type Command =
  /** Keeps the event loop busy. */
  | { readonly type: "block"; readonly ms: number }
  /** The wall clock of the process jumps. */
  | { readonly type: "jump"; readonly ms: number }
  /** The singleton fails now, and each time it is started here, so many times. */
  | { readonly type: "fail"; readonly times: number }
  /** The singleton ends its process. */
  | { readonly type: "exit" }
  /** The singleton ignores the next request to stop. */
  | { readonly type: "ignoreStop" };

/** What a node is started with. */
export interface NodeOptions {
  readonly name: string;
  /** Addresses of the engine, as this node reaches it. */
  readonly engine: readonly string[];
  /** The database of the orders, which is apart from the engine. */
  readonly orders: string;
  readonly times: {
    readonly leaseDurationMs: number;
    readonly renewIntervalMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
}
