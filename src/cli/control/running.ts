// running.ts: the running tree of `up`, as the verbs of the control socket reach it.

import type { Redefinition, Supervisor } from "../../index.ts";
import type { LogTargetOf } from "../config/log-targets.ts";
import type { Journal } from "../journal.ts";
import type { Notices } from "../up/notices.ts";
import type { ReadFiles } from "./config-age.ts";

/** Reads the config again. Rejects, with nothing changed, when it cannot be applied. */
export type Reload = () => Promise<Reloaded>;

/** A config that was read again. */
export interface Reloaded {
  /** What it would change. */
  readonly difference: Redefinition;
  /** Applies it; as with `redefine` it rejects when not all of it is up. */
  apply(): Promise<unknown>;
}

/** The tree that `up` runs. */
export interface Running {
  /** The config file, and the files that it was read from last. */
  readonly config: { readonly file: string; read: ReadFiles; logTargetOf: LogTargetOf };
  readonly supervisor: Supervisor;
  readonly reload: Reload;
  readonly journal: Journal;
  readonly notices: Notices;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}
