// odd-ends.ts: services that completed as soon as they had started, though nothing in their config says that they may: a
// watcher that found its stdin closed looks like one that has done its work.

import type { ChildDescription, TreeDescription } from "../../contract/description.ts";
import type { Update } from "../../contract/updates.ts";
import type { Supervisor } from "../../index.ts";
import { formatMs, withoutRoot } from "../print/format.ts";

/** A service that ran for less than this, in milliseconds, is reported. */
const shortMs = 1_000;

/** Calls `tell` once for each such service. A job is one by `restart: never`, by `schedule`, by `significant`, or by who waits for it. */
export function tellOddEnds(supervisor: Supervisor, tell: (text: string) => void): void {
  const lasting = new Set(lastingIn(supervisor.describe()));
  const launchedAt = new Map<string, number>();
  supervisor.on("status", ({ path, phase, at, exit }: Extract<Update, { type: "status" }>) => {
    if (phase === "launching") launchedAt.set(path, at);
    const ranMs = at - (launchedAt.get(path) ?? Number.NEGATIVE_INFINITY);
    if (exit?.kind !== "completed" || ranMs >= shortMs || !lasting.delete(path)) return;
    const hint = "if it is a job, say `restart: never`; if it ended since its stdin did, say `stdin: pipe`";
    tell(`${withoutRoot(path)} completed ${formatMs(ranMs)} after its start: ${hint}`);
  });
}

/** The paths of the services that nothing marks as jobs. */
function lastingIn(tree: TreeDescription): string[] {
  const awaited = tree.services.flatMap(({ dependsOn }) =>
    dependsOn.filter(({ condition }) => condition === "completed").map(({ path }) => path),
  );
  const isJob = ({ path, restart, significant, isScheduled }: ChildDescription) =>
    restart.policy === "never" || significant || isScheduled || awaited.includes(path);
  return tree.services.flatMap((child) => (child.services ? lastingIn(child) : isJob(child) ? [] : [child.path]));
}
