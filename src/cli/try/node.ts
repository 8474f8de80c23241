// node.ts: the program of one node of `cluster try`. Prints what begins and ends here, and what its processes print, as lines
// of JSON with the monotonic time that all processes of a machine share.

import { createSupervisor, type Supervisor } from "../../index.ts";
import { runUntilSignal } from "../../node/index.ts";
import { type AsNode, loadConfig } from "../config/load.ts";
import { selectServices } from "../config/select.ts";
import { createJournal } from "../journal.ts";
import { now } from "./nodes.ts";
import { listRoles } from "./plan.ts";

/** A line that a node prints. `at`: milliseconds. */
export type NodeFact =
  | { readonly type: "begin" | "end"; readonly at: number; readonly claim: string }
  | { readonly type: "output"; readonly at: number; readonly path: string; readonly text: string };

export async function runNode(node: AsNode, config: string | undefined): Promise<number> {
  const spec =
    config === undefined
      ? (await import("./example-tree.ts")).createExampleTree(node)
      : (await loadConfig(config, { node })).spec;
  const journal = createJournal();
  const supervisor = createSupervisor(selectServices(spec, listRoles(spec)), { logger: journal.logger });
  journal.follow(({ stream, path, text }) => {
    if (stream === "stdout" || stream === "stderr") say({ type: "output", path, text, at: now() });
  });
  report(supervisor);
  return runUntilSignal(supervisor, { onError: ({ message }) => process.stderr.write(`${message}\n`) });
}

/** Says when a role, or a shard of it, begins and ends here. */
function report(supervisor: Supervisor): void {
  const running = new Set<string>();
  supervisor.on("status", ({ path, to, phase }) => {
    const claim = toClaim(path, supervisor.name);
    if (claim === null) return;
    const isOver = to === "stopped" || to === "failed" || to === "backoff";
    if ((to === "running" || phase === "launching") && !running.has(claim)) {
      running.add(claim);
      say({ type: "begin", claim, at: now() });
    } else if (isOver && running.delete(claim)) say({ type: "end", claim, at: now() });
  });
}

/** From the path of what runs for a role, `"shop/ledger/writer"` or `"shop/inbox/17"`, to its claim. */
function toClaim(path: string, tree: string): string | null {
  const [root, role, child, ...rest] = path.split("/");
  if (root !== tree || role === undefined || child === undefined || rest.length > 0) return null;
  return /^\d+$/.test(child) ? `${role}/${child}` : role;
}

function say(fact: NodeFact): void {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
}
