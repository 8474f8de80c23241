// nodes.ts: the nodes of `cluster try`, as services of a tree of its own, and the history of what ran on them.

import { execFileSync } from "node:child_process";
import type { ServiceSpec } from "../../contract/spec.ts";
import type { Supervisor } from "../../index.ts";
import { defineProcess, type ProcessValue } from "../../node/index.ts";
import type { History } from "../../testing/index.ts";
import type { NodeFact } from "./node.ts";

export class Nodes {
  readonly names: readonly string[];
  readonly services: readonly ServiceSpec[];
  readonly history: History = { activations: [], now };
  readonly #frozen = new Map<string, readonly number[]>();
  #supervisor: Supervisor | null = null;

  /** `print` is called with each line that a process of a node prints. */
  constructor(
    count: number,
    engine: ServiceSpec,
    argsOf: (name: string) => readonly string[],
    print: (node: string, path: string, text: string) => void,
  ) {
    this.names = Array.from({ length: count }, (_, index) => `n${index}`);
    this.services = this.names.map((name) =>
      defineProcess({
        name,
        command: [process.execPath, ...process.execArgv, ...argsOf(name)],
        dependsOn: [{ service: engine, onFailure: "ignore" }],
        restart: { policy: "always", maxRetries: Infinity, initialBackoffMs: 500, maxBackoffMs: 500 },
        stopTimeoutMs: 30_000,
        stopMode: "leader",
        onLine: (line) => {
          const fact = toFact(line);
          if (fact === null) print(name, "", line);
          else if (fact.type === "output") print(name, fact.path, fact.text);
          else this.#note(name, fact);
        },
      }),
    );
  }

  /** The tree that runs them. */
  attach(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
  }

  /** SIGKILL. The tree starts it again. */
  kill(name: string): void {
    this.#endAll(name, now());
    process.kill(this.#pidOf(name), "SIGKILL");
  }

  /** SIGSTOP, to the node and to all that it runs, as when its machine hangs. */
  freeze(name: string): void {
    const pids = descendantsOf(this.#pidOf(name));
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    this.#frozen.set(name, pids);
    // Whatever looks at its lease finds it over when it wakes.
    this.#endAll(name, now());
  }

  wake(name: string): void {
    for (const pid of [...(this.#frozen.get(name) ?? [])].reverse()) {
      try {
        process.kill(pid, "SIGCONT");
      } catch {
        // It has been ended meanwhile.
      }
    }
    this.#frozen.delete(name);
  }

  wakeAll(): void {
    for (const name of this.#frozen.keys()) this.wake(name);
  }

  /** The longest time within these that a claim was nobody's, in milliseconds. */
  longestGap(from: number, until: number): number {
    const heldUntil = new Map<string, number>();
    let longest = 0;
    for (const { claim, beganAt, endedAt } of this.history.activations) {
      if ((endedAt ?? until) < from) continue;
      longest = Math.max(longest, beganAt - (heldUntil.get(claim) ?? beganAt));
      heldUntil.set(claim, endedAt ?? until);
    }
    return longest;
  }

  #pidOf(name: string): number {
    return (this.#supervisor!.use(name) as ProcessValue).pid;
  }

  #endAll(node: string, at: number): void {
    for (const one of this.history.activations) if (one.node === node) one.endedAt ??= at;
  }

  #note(node: string, { type, claim = "", at }: NodeFact & { readonly claim?: string }): void {
    const { activations } = this.history;
    // The tokens are in the records; here each run has the next number.
    if (type === "begin") activations.push({ claim, node, token: activations.length + 1, beganAt: at, endedAt: null });
    const open = activations.find((one) => one.claim === claim && one.node === node && one.endedAt === null);
    if (type === "end" && open !== undefined) open.endedAt = at;
  }
}

function toFact(line: string): NodeFact | null {
  try {
    return JSON.parse(line) as NodeFact;
  } catch {
    return null;
  }
}

/** A process and all below it, itself first. */
function descendantsOf(root: number): number[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const rows = table.trim().split("\n");
  const parents = rows.map((row) => row.trim().split(/\s+/).map(Number) as [pid: number, parent: number]);
  const found = [root];
  for (const above of found) for (const [pid, parent] of parents) if (parent === above) found.push(pid);
  return found;
}

/** Milliseconds of the monotonic clock that all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
