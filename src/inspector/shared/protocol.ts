// protocol.ts: the types of what the inspector records, sends to the page and writes to files. Plain JSON.

import type { MemberChange, RoleChange } from "../../contract/cluster-facts.ts";
import type { TreeDescription } from "../../contract/description.ts";
import type { Phase, ServiceState } from "../../contract/states.ts";
import type { HealthReport, ServiceStatus } from "../../contract/status.ts";
import type { PackedState, PackedTree } from "./packed.ts";

/** An `Error` as data. */
export interface ErrorInfo {
  /** "" without a stack: a reason that is no error, such as where a role of a cluster is starting. */
  name: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ErrorInfo;
  /** How a process ended: a code, or the signal that killed it. */
  exitCode?: number;
  signal?: string;
  /** The first of the `errors` of an error that stands for several. */
  errors?: ErrorInfo[];
}

/** One service or supervisor at one moment. */
export interface Row {
  path: string;
  kind: ServiceStatus["kind"];
  state: ServiceState;
  phase: Phase | null;
  incarnation: number;
  /** How many automatic restarts there were. */
  restarts: number;
  /** How many failures in a row. */
  failures: number;
  /** When it entered this state. All times are those of `supervisor.now()`, in milliseconds. */
  since: number;
  /** When it became ready; null while it is not. */
  startedAt: number | null;
  nextAttemptAt: number | null;
  error: ErrorInfo | null;
  exit: ServiceStatus["exit"];
  /** The health of a supervisor; null for a service. */
  health: HealthReport["status"] | null;
  /** Why a running service is not healthy. */
  unhealthy: ErrorInfo | null;
  /** Where the role of a cluster runs that this service stands for, in words. */
  note?: string;
  /** The process of this incarnation, if it has one and output is recorded. */
  pid?: number | null;
}

/** A state value of XState. */
export type Value = string | { [region: string]: Value };

/** A path has up to three charts: of its life as a service, of the supervisor that it is, of the user's actor that it is. */
export type Role = "service" | "supervisor" | "actor";

/** The newest state of a chart, and the event that led to it. */
export interface ChartState {
  /** The key of its chart. */
  chart: string;
  value: Value;
  event: string;
  at: number;
  /** As JSON, cut when it is long; only if the user asked for contexts. */
  context?: string;
  /** The machines that this one has invoked or spawned, by their ids: the newest of them. */
  children?: Record<string, ChartState>;
}

/** A fact of the history. `n` counts 1, 2, 3, … without a gap; `at` is `supervisor.now()`. */
export type Entry = { n: number; at: number; path: string } & Fact;

export type Fact =
  | {
      kind: "status";
      from: ServiceState;
      to: ServiceState;
      phase: Phase | null;
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
  /** An event was sent to an actor. `path` is that of the receiver; `from` that of the sender, "" outside of the tree. */
  | { kind: "message"; role: Role; from: string; type: string; detail?: string; id?: string }
  /** The chart of a supervisor or of an actor of the user's has changed its state. */
  /** `id`: it is that of a machine that the actor has invoked or spawned. */
  | { kind: "step"; role: Role; chart: string; value: Value; event: string; context?: string; id?: string }
  /** A process of the service was started. */
  | { kind: "process"; incarnation: number; pid: number }
  /** What the service wrote: the newest lines since the last such fact, and how many before them are left out. */
  | { kind: "output"; incarnation: number; lines: OutputLine[]; dropped: number }
  /** The service was removed from the tree. */
  | { kind: "removed" }
  /** A role of the cluster changed, wherever it runs; `note` says where it does now. */
  | ({ kind: "role"; note?: string } & Omit<RoleChange, "type">)
  | ({ kind: "member" } & Omit<MemberChange, "type">);

/** A line that a service wrote, or logged by `ctx.log`. */
export interface OutputLine {
  stream: "stdout" | "stderr" | "log";
  text: string;
  /** Of an entry of the log, unless it is "info". */
  level?: "debug" | "warn" | "error";
}

/** What is known at one moment. */
export interface State {
  /** The number of the newest entry in it. */
  n: number;
  at: number;
  rows: Row[];
  charts: { path: string; role: Role; state: ChartState }[];
}

/** A history, as it is sent to the page and written to files: a moment, and the facts since then. */
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
  /** What the person who exported it wrote beside it. */
  note?: string;
}

/** A statechart, as the page draws it. */
export interface Chart {
  key: string;
  name: string;
  root: ChartNode;
  edges: ChartEdge[];
}

export interface ChartNode {
  /** The path of its place in the chart: "", "running", "running.healthy". */
  id: string;
  name: string;
  type: "atomic" | "compound" | "parallel" | "final" | "history";
  /** What a state of the type history remembers. */
  history?: "shallow" | "deep";
  /** The id of the initial child of a compound. */
  initial: string | null;
  /** The ids of the actors that run in this state. */
  invokes: string[];
  entry: string[];
  exit: string[];
  children: ChartNode[];
}

export interface ChartEdge {
  source: string;
  target: string;
  /** The type of the event as XState has it; "" for a transition without an event (`always`). */
  event: string;
  /** The event for a person: "after backoff", "error(job)". */
  label: string;
  guard: string | null;
  actions: string[];
  /** The transition leaves no state. */
  internal: boolean;
}

/** What the page asks for first. */
export interface Session {
  mode: "live" | "recording";
  name: string;
  /** The page can change nothing. */
  readOnly: boolean;
}

/** The events of the stream, by their SSE name. */
export interface Events {
  /** The page begins anew, and shows this moment, that of `head`, before anything else comes. */
  snapshot: {
    run: string;
    name: string;
    head: number;
    now: number;
    wallOffset: number;
    tree: PackedTree;
    live: PackedState;
  };
  /** The moment before the first of the entries, which follow at once. */
  base: { base: PackedState };
  entries: { now: number; entries: Entry[] };
  /** Services were added or removed. */
  tree: { tree: PackedTree };
  charts: { charts: Record<string, Chart> };
}
