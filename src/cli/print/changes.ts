// changes.ts: what an update means to a person who watches: which service, and what happened in a few words.

import type { ServiceState } from "../../contract/states.ts";
import type { Update } from "../../contract/updates.ts";
import { textOf } from "../../contract/wording.ts";
import type { Exit, Supervisor } from "../../index.ts";
import { outputOf, reasonOf, withoutLastWords } from "./failure.ts";
import { formatMs, withoutPath, withoutRoot } from "./format.ts";
import { lookOf } from "./states.ts";
import type { Style } from "./style.ts";

export interface Change {
  readonly path: string;
  readonly sign: string;
  readonly colour: Parameters<Style>[0];
  readonly text: string;
  /** The last lines that a process wrote before it failed. */
  readonly below?: readonly string[];
}

type Of<Type extends Update["type"]> = Extract<Update, { type: Type }>;
type StatusUpdate<State extends ServiceState = ServiceState> = Extract<Update, { type: "status"; to: State }>;
type Shown = Omit<Change, "path">;

/** What the texts need beside the update. */
interface Tree {
  readonly supervisor: Supervisor;
  /** The process of a service. */
  pidOf(path: string): number | null;
  /** When the current start of each service began: what it took is said when the service is up. */
  readonly launchedAt: Map<string, number>;
}

export interface ChangeReader {
  /** undefined for what need not be said. */
  read(update: Update): Change | undefined;
}

export function createChangeReader(supervisor: Supervisor, pidOf: (path: string) => number | null): ChangeReader {
  const tree: Tree = { supervisor, pidOf, launchedAt: new Map() };
  return {
    read(update) {
      const show = shown[update.type] as (update: Update, tree: Tree) => Shown | undefined;
      const change = show(update, tree);
      return change && { path: update.path, ...change };
    },
  };
}

const alarm: Pick<Shown, "sign" | "colour"> = { sign: "✖", colour: ["red", "bold"] };
const nothing = () => undefined;

const shown: { readonly [Type in Update["type"]]: (update: Of<Type>, tree: Tree) => Shown | undefined } = {
  status: showStatus,
  health: nothing,
  "service-health": ({ healthy, error }) =>
    healthy
      ? { sign: "●", colour: "green", text: "healthy" }
      : { sign: "◍", colour: "yellow", text: `not healthy${error ? `: ${textOf(error)}` : ""}` },
  escalation: ({ path, error: { code, path: culprit, message } }) => {
    // The line of the service that failed has given the reason already.
    const isOwn = culprit === undefined || culprit === path || code === "ERR_INTENSITY";
    const why = isOwn ? `: ${withoutPath(message, path)}` : `, since ${withoutRoot(culprit)} has failed for good`;
    return { ...alarm, text: `gives up${why}` };
  },
  unstopped: ({ waitedMs }) => ({
    ...alarm,
    text: `did not stop within ${formatMs(waitedMs)}, and is left behind: JavaScript cannot end it`,
  }),
  late: ({ incarnation, outcome }) => ({
    sign: "□",
    colour: "gray",
    text: `start ${incarnation}, which was left behind, has ended after all (${outcome})`,
  }),
  "stray-error": ({ error }) => ({
    sign: "!",
    colour: "red",
    text: `uncaught error, counted as a failure: ${textOf(error)}`,
  }),
  removed: nothing,
  // Where a role runs now, and nothing of each shard: there may be thousands.
  role: ({ shard, node, token, because, gapMs }) =>
    shard !== null || node === null || because === "up" || because === "down" || token === null
      ? undefined
      : {
          sign: "→",
          colour: "cyan",
          text: `on ${node} (${because}${gapMs === null ? "" : `, nobody's for ${formatMs(gapMs)}`})`,
        },
  member: ({ node, to, because }) => ({
    sign: "→",
    colour: to === "up" ? "cyan" : "yellow",
    text: `node ${node}: ${to} (${because})`,
  }),
};

function showStatus(update: StatusUpdate, tree: Tree): Shown | undefined {
  const { path, to, phase, at, exit } = update;
  if (phase === "launching") tree.launchedAt.set(path, at);
  if (path === tree.supervisor.name) return undefined;
  const toText = statusTexts[to] as (update: StatusUpdate, tree: Tree) => string | undefined;
  const text = toText(update, tree);
  if (text === undefined) return undefined;
  const { sign, colour } = lookOf({ state: to, phase, exit: exit?.kind ?? null });
  // Before a restart the output would only repeat the lines just above.
  const below = to === "failed" && exit?.kind === "failed" ? outputOf(exit.error) : [];
  return { sign, colour, text, ...(below.length > 0 && { below }) };
}

const statusTexts: {
  readonly [State in ServiceState]: (update: StatusUpdate<State>, tree: Tree) => string | undefined;
} = {
  starting: ({ path, from, phase }, { supervisor }) => {
    if (phase !== "waiting" || from === "starting") return undefined;
    const { waitingFor } = supervisor.status(path);
    return waitingFor.length === 0 ? undefined : `waits for ${waitingFor.map(withoutRoot).join(", ")}`;
  },
  running: ({ path, from, incarnation, at }, { launchedAt, pidOf }) => {
    if (from === "running") return undefined;
    const began = launchedAt.get(path);
    const took = began === undefined ? "" : ` after ${formatMs(at - began)}`;
    const pid = pidOf(path);
    const again = incarnation > 1 ? ` again (start ${incarnation})` : "";
    return `up${again}${took}${pid === null ? "" : `, pid ${pid}`}`;
  },
  backoff: ({ path, exit, delayMs, failures }, { supervisor }) => {
    const reason = exit?.kind === "failed" ? reasonOf(exit.error, path) : "ended";
    return `${reason}; restarts in ${formatMs(delayMs)}${budgetOf(supervisor, path, failures)}`;
  },
  failed: ({ path, exit }, { supervisor }) => {
    // An update of its own says that it is left behind.
    if (exit?.kind === "unstopped") return undefined;
    if (exit?.kind === "failed") return `failed for good: ${withoutLastWords(reasonOf(exit.error, path))}`;
    return `failed for good: ${withoutPath(supervisor.status(path).error?.message ?? "for no known reason", path)}`;
  },
  stopping: nothing,
  stopped: ({ path, from, phase, exit }, { supervisor }) => {
    if (phase === "scheduled") return scheduledFor(supervisor, path, exit);
    if (from === "stopped") return undefined;
    if (exit === undefined && from === "starting") return "not started";
    return phase === "completed" ? "completed" : "stopped";
  },
};

/** `exit`: that of the run that is over. */
function scheduledFor(supervisor: Supervisor, path: string, exit: Exit | undefined): string | undefined {
  const { nextRunAt } = supervisor.status(path);
  if (nextRunAt === null) return undefined;
  const next = `next run in ${formatMs(nextRunAt - supervisor.now())}`;
  return exit?.kind === "completed" ? `completed; ${next}` : next;
}

function budgetOf(supervisor: Supervisor, path: string, failures: number): string {
  if (failures === 0) return "";
  const retries = failures + supervisor.explain(path).retriesLeft;
  return Number.isFinite(retries) ? ` (retry ${failures} of ${retries})` : ` (retry ${failures})`;
}
