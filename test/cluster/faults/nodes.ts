// The nodes of a fault test, each a process of its own, and the history of what ran on them.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Activation, History } from "statevisor/testing";
import { type Command, type Fact, type NodeOptions, now } from "./facts.ts";

/** A tick of the singleton. */
export interface Tick {
  readonly node: string;
  readonly token: number;
  readonly at: number;
  readonly isHeld: boolean;
}

export interface NodesOptions {
  /** What a node is started with. */
  readonly of: (name: string) => NodeOptions;
  /** What stands before the command of a node: the way into its network, say. */
  readonly prefix?: ((name: string) => readonly string[]) | undefined;
}

export const claims = ["orders", ...Array.from({ length: 6 }, (_, shard) => `inbox/${shard}`)];

export class Nodes {
  readonly history: History = { activations: [], now };
  readonly ticks: Tick[] = [];
  /** The ids of the orders that were acknowledged. */
  readonly orders: string[] = [];
  readonly names = ["n0", "n1", "n2"];
  readonly #options: NodesOptions;
  readonly #processes = new Map<string, ChildProcess>();
  readonly #frozen = new Map<string, number>();
  readonly #wokeAt = new Map<string, number>();

  constructor(options: NodesOptions) {
    this.#options = options;
  }

  /** Starts a node that is not there. */
  start(name: string): void {
    if (this.isThere(name)) return;
    const program = fileURLToPath(new URL("node.ts", import.meta.url));
    const run = [process.execPath, ...process.execArgv, program, JSON.stringify(this.#options.of(name))];
    const [command, ...args] = [...(this.#options.prefix?.(name) ?? []), ...run];
    const child = spawn(command!, args, { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin!.on("error", () => {});
    this.#processes.set(name, child);
    createInterface({ input: child.stdout! }).on("line", (line) => this.#note(name, JSON.parse(line) as Fact));
    child.once("exit", () => this.#endAll(name, this.#frozen.get(name) ?? now()));
  }

  isThere(name: string): boolean {
    const child = this.#processes.get(name);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** The node that runs a claim now, as far as it has said. */
  holder(claim: string): string | null {
    return this.open(claim)[0]?.node ?? null;
  }

  open(claim: string): Activation[] {
    return this.history.activations.filter((one) => one.claim === claim && one.endedAt === null);
  }

  holds(node: string): number {
    return this.history.activations.filter((one) => one.node === node && one.endedAt === null).length;
  }

  get isEverythingHeld(): boolean {
    return claims.every((claim) => this.open(claim).length === 1);
  }

  tell(name: string, command: Command): void {
    this.#processes.get(name)!.stdin!.write(`${JSON.stringify(command)}\n`);
  }

  /** SIGTERM. Resolves with the exit code. */
  async stop(name: string): Promise<number | null> {
    const child = this.#processes.get(name)!;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    return (await exited)[0] as number | null;
  }

  async kill(name: string): Promise<void> {
    const child = this.#processes.get(name)!;
    if (!this.isThere(name)) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    this.#frozen.delete(name);
  }

  freeze(name: string): void {
    this.#frozen.set(name, now());
    this.#processes.get(name)!.kill("SIGSTOP");
  }

  wake(name: string): void {
    this.#frozen.delete(name);
    this.#processes.get(name)!.kill("SIGCONT");
  }

  /** When the node last noticed that it had stood still; 0 if never. */
  wokeAt(name: string): number {
    return this.#wokeAt.get(name) ?? 0;
  }

  wakeAll(): void {
    for (const name of this.names) if (this.#frozen.has(name)) this.wake(name);
  }

  async stopAll(): Promise<void> {
    this.wakeAll();
    await Promise.all(this.names.filter((name) => this.isThere(name)).map((name) => this.stop(name)));
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((name) => this.kill(name)));
  }

  #endAll(node: string, at: number): void {
    for (const one of this.history.activations) if (one.node === node) one.endedAt ??= at;
  }

  #note(node: string, { type, at, claim = "", token = 0, isHeld = false, id = "" }: Fact): void {
    if (type === "order") this.orders.push(id);
    if (type === "tick") this.ticks.push({ node, token, at, isHeld });
    if (type === "woke") this.#wokeAt.set(node, at);
    if (type === "begin") this.history.activations.push({ claim, node, token, beganAt: at, endedAt: null });
    if (type !== "end" && type !== "over") return;
    const ended = this.open(claim).find((one) => one.node === node && one.token === token);
    if (ended !== undefined) ended.endedAt = at;
  }
}
