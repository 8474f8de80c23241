// Protocol: what the inspector records, sends to the page, and writes to files. Plain JSON; types only.

import type { TreeDescription } from "../../contract/description.ts";
import type { ServiceState } from "../../contract/states.ts";
import type { HealthReport, ServiceStatus } from "../../contract/status.ts";

/** All that leaves the program of an `Error`. */
export interface ErrorInfo {
  name: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ErrorInfo;
  /** Of one that stands for several: the first of them. */
  errors?: ErrorInfo[];
}

/** One service or supervisor at one moment. */
export interface Row {
  path: string;
  kind: ServiceStatus["kind"];
  state: ServiceState;
  phase: string | null;
  incarnation: number;
  /** Automatic restarts so far. */
  restarts: number;
  /** Consecutive failures. */
  failures: number;
  /** When this state was entered. All times are `supervisor.now()`: milliseconds. */
  since: number;
  /** When it became ready; null while it is not. */
  startedAt: number | null;
  nextAttemptAt: number | null;
  error: ErrorInfo | null;
  exit: ServiceStatus["exit"];
  /** The aggregate of a supervisor; null for a service. */
  health: HealthReport["status"] | null;
  /** Why a running service is not healthy. */
  unhealthy: ErrorInfo | null;
}

/** A state value of XState. */
export type Value = string | { [region: string]: Value };

/** Which chart of a path: its own life, the supervisor that it is, the user's own actor that it is. */
export type Role = "service" | "supervisor" | "actor";

/** What a chart was last seen in, and the event that brought it there. */
export interface ChartState {
  /** The key of its chart. */
  chart: string;
  value: Value;
  event: string;
  at: number;
  /** As JSON, cut when it is long; only if the inspector was told to include it. */
  context?: string;
}

/** A fact of the history. `n` counts 1, 2, 3, … without a gap; `at` is `supervisor.now()`. */
export type Entry = { n: number; at: number; path: string } & Fact;

export type Fact =
  | {
      kind: "status";
      from: ServiceState;
      to: ServiceState;
      phase: string | null;
      incarnation: number;
      restarts: number;
      failures: number;
      delayMs?: number;
      exit?: NonNullable<ServiceStatus["exit"]>;
      cause?: string;
      error?: ErrorInfo;
    }
  | { kind: "health"; from: HealthReport["status"]; to: HealthReport["status"] }
  | { kind: "service-health"; healthy: boolean; error?: ErrorInfo }
  | { kind: "escalation"; error: ErrorInfo }
  | { kind: "unstopped"; incarnation: number; waitedMs: number }
  | { kind: "late"; incarnation: number; outcome: "completed" | "failed"; error?: ErrorInfo }
  | { kind: "stray-error"; error: ErrorInfo }
  /** An event that an actor was sent. `path` is whose; `from` is the sender's, "" for one outside of the tree. */
  | { kind: "message"; role: Role; from: string; type: string; detail?: string; id?: string }
  /** The chart of a supervisor or of a user's own actor is in another state. */
  | { kind: "step"; role: Role; chart: string; value: Value; event: string; context?: string }
  /** The service was removed from the tree. */
  | { kind: "removed" };

/** All that is known at one moment. */
export interface State {
  /** The number of the last entry that is in it. */
  n: number;
  at: number;
  rows: Row[];
  charts: { path: string; role: Role; state: ChartState }[];
}

/** A history as it is sent to the page and kept in files: what was, and all that happened since. */
export interface Recording {
  format: "statevisor-recording";
  version: 1;
  name: string;
  /** When it was made: ISO 8601. */
  recordedAt: string;
  /** Add it to an `at` to have milliseconds since 1970. */
  wallOffset: number;
  now: number;
  tree: TreeDescription;
  charts: Record<string, Chart>;
  base: State;
  entries: Entry[];
}

/** A statechart to be drawn. */
export interface Chart {
  key: string;
  name: string;
  root: ChartNode;
  edges: ChartEdge[];
}

export interface ChartNode {
  /** Of its place in the chart: "", "running", "running.healthy". */
  id: string;
  name: string;
  type: "atomic" | "compound" | "parallel" | "final" | "history";
  /** Of a state of the type history. */
  history?: "shallow" | "deep";
  /** The id of the initial child of a compound. */
  initial: string | null;
  /** What runs while it is in here. */
  invokes: string[];
  entry: string[];
  exit: string[];
  children: ChartNode[];
}

export interface ChartEdge {
  source: string;
  target: string;
  /** As XState names it; "" for one without (`always`). */
  event: string;
  /** As a person would: "after backoff", "error(job)". */
  label: string;
  guard: string | null;
  actions: string[];
  /** It stays inside, and leaves nothing. */
  internal: boolean;
}

/** What the page is told first. */
export interface Session {
  mode: "live" | "recording";
  name: string;
  /** Nothing can be changed from the page. */
  readOnly: boolean;
}

/** The events of the stream, by their SSE name. */
export interface Events {
  /** Everything begins anew: what was, and the number of the last entry that follows at once. */
  snapshot: {
    run: string;
    name: string;
    head: number;
    now: number;
    wallOffset: number;
    tree: TreeDescription;
    charts: Record<string, Chart>;
    base: State;
  };
  entries: { now: number; entries: Entry[] };
  /** Services were added or removed. */
  tree: { tree: TreeDescription };
  charts: { charts: Record<string, Chart> };
}
