// The nodes of the demonstration, each a process of its own, and the history of what ran on them.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Activation, History } from "statevisor/testing";

interface Fact {
  readonly at: number;
  readonly node: string;
  readonly type: "begin" | "end" | "order" | "refused";
  readonly claim?: string;
  readonly token?: number;
}

export const now = () => Number(process.hrtime.bigint()) / 1e6;

const claims = ["orders", ...Array.from({ length: 12 }, (_, shard) => `inbox/${shard}`)];

export class Nodes {
  readonly names = ["n0", "n1", "n2"];
  readonly history: History = { activations: [], now };
  /** Orders that were acknowledged, and refused. */
  orders = 0;
  refused = 0;
  readonly #url: string;
  readonly #processes = new Map<string, ChildProcess>();
  readonly #frozenAt = new Map<string, number>();

  constructor(url: string) {
    this.#url = url;
  }

  start(name: string): void {
    const program = fileURLToPath(new URL("node.ts", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", program, name, this.#url], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#processes.set(name, child);
    createInterface({ input: child.stdout! }).on("line", (line) => this.#note(JSON.parse(line) as Fact));
  }

  /** The node that runs a claim now, as far as it has said. */
  holder(claim: string): string | null {
    return this.#open(claim)[0]?.node ?? null;
  }

  get everythingIsHeld(): boolean {
    return claims.every((claim) => this.#open(claim).length === 1);
  }

  /** Whether each role runs on another node than this one. */
  isHeldWithout(node: string): boolean {
    return claims.every((claim) => this.#open(claim).some((one) => one.node !== node));
  }

  holds(node: string): number {
    return this.history.activations.filter((one) => one.node === node && one.endedAt === null).length;
  }

  async kill(name: string): Promise<void> {
    await this.#signal(name, "SIGKILL");
    this.#endAll(name, now());
  }

  /** In order. */
  async stop(name: string): Promise<void> {
    await this.#signal(name, "SIGTERM");
  }

  /** Code that looks at its lease finds it over when it wakes: what it ran ended when it was frozen. */
  freeze(name: string): void {
    this.#processes.get(name)!.kill("SIGSTOP");
    this.#frozenAt.set(name, now());
  }

  wake(name: string): void {
    this.#endAll(name, this.#frozenAt.get(name)!);
    this.#frozenAt.delete(name);
    this.#processes.get(name)!.kill("SIGCONT");
  }

  /** Stops all in order. Returns how many ended with another code than 0. */
  async stopAll(): Promise<number> {
    for (const name of this.#frozenAt.keys()) this.wake(name);
    const running = [...this.#processes].filter(([, one]) => one.exitCode === null && one.signalCode === null);
    const codes = await Promise.all(running.map(([name]) => this.#signal(name, "SIGTERM")));
    return codes.filter((code) => code !== 0 && code !== null).length;
  }

  /** Returns its exit code. */
  async #signal(name: string, signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#processes.get(name)!;
    const exited = once(child, "exit");
    child.kill(signal);
    return (await exited)[0] as number | null;
  }

  #open(claim: string): Activation[] {
    return this.history.activations.filter((one) => one.claim === claim && one.endedAt === null);
  }

  #endAll(node: string, at: number): void {
    for (const one of this.history.activations) if (one.node === node) one.endedAt ??= at;
  }

  #note({ type, at, node, claim = "", token = 0 }: Fact): void {
    if (type === "order") this.orders++;
    if (type === "refused") this.refused++;
    if (type === "begin") this.history.activations.push({ claim, node, token, beganAt: at, endedAt: null });
    if (type !== "end") return;
    const ended = this.#open(claim).find((one) => one.node === node && one.token === token);
    if (ended !== undefined) ended.endedAt = at;
  }
}
