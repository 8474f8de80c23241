// What can happen next in a state of the model. A step without a fault is always possible; the number of faults is limited.

import { age, longest, rule } from "./charts.ts";
import { bring, carryOut, isBehind } from "./engine.ts";
import { Driver, type Mutants, stateOf } from "./node.ts";
import { copy, type Node, newNode, newRole, normalise, type Op, type World } from "./world.ts";

export interface Next {
  readonly label: string;
  readonly violation: string | null;
  readonly text: string;
}

export const faults = ["slow", "crash", "freeze", "cut", "stale", "stop", "fail", "unstopped"] as const;
export type Fault = (typeof faults)[number];

export interface Bounds {
  readonly nodes: number;
  readonly claims: number;
  readonly mostFaults: number;
  /** Those that happen; all of them by default. */
  readonly faults?: readonly Fault[] | undefined;
  readonly mutants: Mutants;
  /** A write that another one brings about within a tick is a state of its own, too. Many more states. */
  readonly isFine?: boolean;
}

/** Nothing has begun yet. */
export function emptyWorld({ nodes, claims, mutants }: Bounds): World {
  const world: World = {
    faults: 0,
    next: 1,
    nextAttempt: 1,
    sessions: {},
    claims: Array.from({ length: claims }, () => null),
    nodes: Array.from({ length: nodes }, (_, index) => newNode(index, claims)),
    late: [],
    tokens: Array.from({ length: claims }, () => 0),
    violation: null,
  };
  for (const node of world.nodes) new Driver(world, node, mutants).begin();
  return normalise(world, false).world;
}

type Act = (world: World, node: Node, driver: Driver) => void;

export class Steps {
  readonly #bounds: Bounds;
  #from!: World;
  #found: Next[] = [];

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  after(world: World): Next[] {
    this.#from = world;
    this.#found = [];
    for (const node of world.nodes) this.#ofNode(node);
    for (const index of world.late.keys()) this.#ofLate(index);
    this.#add("time passes", null, (next) => this.pass(next));
    return this.#found;
  }

  #ofNode(node: Node): void {
    const { index, life } = node;
    const name = `n${index}`;
    if (life === "crashed" || life === "stopped") return this.#at(node, `${name} starts`, null, restart);
    if (node.isCut) this.#at(node, `${name} is reached again`, null, heal);
    for (const [at, op] of node.ops.entries()) this.#ofOp(node, at, op);
    if (life === "frozen") return this.#at(node, `${name} wakes`, null, wake);
    if (node.isWoken) this.#at(node, `${name} looks at its clock`, null, lookAtClock);
    if (canSee(this.#from, node) && isNews(this.#from, node)) this.#at(node, `${name} sees`, null, see);
    for (const [claim, role] of node.roles.entries()) {
      const { service } = role;
      const what = `what n${index} runs for claim ${claim}`;
      if (service === "stopping") this.#at(node, `${what} ends`, null, (_w, _n, driver) => driver.stopped(claim));
      if (service === "unstopped") this.#at(node, `${what} ends late`, null, (_w, _n, driver) => driver.stopped(claim));
      if (service === "stopping" && stateOf(role) === "steppingDown.stopping")
        this.#at(node, `${what} does not end`, "unstopped", (_w, _n, driver) => driver.unstopped(claim));
      if (service === "up") this.#at(node, `${what} fails`, "fail", (_w, _n, driver) => driver.failed(claim));
    }
    this.#at(node, `${name} crashes`, "crash", crash);
    this.#at(node, `${name} freezes`, "freeze", (_, one) => {
      one.life = "frozen";
    });
    if (!node.isCut) this.#at(node, `${name} is cut off`, "cut", cut);
    if (!node.isStale)
      this.#at(node, `the watch of ${name} falls silent`, "stale", (_, one) => {
        one.isStale = true;
      });
    if (!node.isStopping) this.#at(node, `${name} is asked to stop`, "stop", (_w, _n, driver) => driver.stop());
  }

  #ofOp(node: Node, at: number, { kind, claim, session, stage, isSlow, age: waited }: Op): void {
    const { mutants } = this.#bounds;
    const what = `${kind} of n${node.index}${claim >= 0 ? ` for claim ${claim}` : kind === "expel" ? ` of ${session}` : ""}`;
    const { isCut, life } = node;
    const exec: Act = (world, one) => carryOut(world, one.ops[at]!, mutants);
    const answer: Act = (_, one, driver) => driver.answer(one.ops[at]!, true);
    if (life === "up" && isSlow && isOverdue(kind, waited))
      this.#at(node, `${what} is given up`, null, (_, one, driver) => driver.answer(one.ops[at]!, false));
    if (isCut) return;
    if (life === "frozen") {
      if (stage === "request") this.#at(node, `${what} arrives`, null, exec);
      return;
    }
    if (isSlow && stage === "request") this.#at(node, `${what} arrives late`, null, exec);
    if (stage === "answer") this.#at(node, `${what} is answered`, null, answer);
    if (isSlow || stage === "answer") return;
    if (kind === "open") return;
    // Renewals and reads of different nodes change nothing for one another: they arrive as time passes, in one order.
    if (kind !== "renew" && kind !== "read")
      this.#at(node, what, null, (world, one, driver) => {
        exec(world, one, driver);
        answer(world, one, driver);
      });
    const slow: Act = (_, one) => {
      one.ops[at]!.isSlow = true;
    };
    this.#at(node, `${what} is slow`, "slow", slow);
    this.#at(node, `${what} arrives, and its answer is slow`, "slow", (world, one, driver) => {
      slow(world, one, driver);
      exec(world, one, driver);
    });
  }

  #ofLate(index: number): void {
    const { kind, node } = this.#from.late[index]!;
    if (this.#from.nodes[node]!.isCut) return;
    this.#add(`an old ${kind} of n${node} arrives`, null, (world) => {
      const [op] = world.late.splice(index, 1);
      carryOut(world, op!, this.#bounds.mutants);
    });
  }

  #at(node: Node, label: string, fault: Fault | null, act: Act): void {
    this.#add(label, fault, (world) => {
      const one = world.nodes[node.index]!;
      act(world, one, new Driver(world, one, this.#bounds.mutants));
    });
  }

  #add(label: string, fault: Fault | null, act: (world: World) => void): void {
    const { mostFaults, faults: kinds = faults } = this.#bounds;
    if (fault !== null && (this.#from.faults >= mostFaults || !kinds.includes(fault))) return;
    const world = copy(this.#from);
    if (fault !== null) world.faults++;
    act(world);
    world.violation ??= findOverlap(world, this.#bounds.mutants);
    const { text } = normalise(world, this.#bounds.mutants.expelsWithoutCas === true);
    this.#found.push({ label, violation: world.violation, text });
  }

  /** What is not slow arrives, and outcomes that are overdue are unknown; then one tick for all clocks, and what is due. */
  pass(world: World): void {
    const { mutants } = this.#bounds;
    this.#deliver(world);
    for (const node of world.nodes) {
      const driver = new Driver(world, node, mutants);
      const isLost = node.stage !== "joining" && driver.sentAge >= rule.leaseDurationMs;
      const runs = node.life === "up" && node.roles.some(({ service }) => service !== "none");
      if (isLost && runs && !node.isStopping) world.violation ??= `${node.session} runs something after its lease`;
      grow(node);
    }
    for (const node of world.nodes) {
      if (node.life !== "up" || node.isWoken) continue;
      new Driver(world, node, mutants).fireDue();
    }
  }

  /** Everything that is not slow arrives, node after node, until nothing more comes of it. */
  #deliver(world: World): void {
    const { mutants } = this.#bounds;
    const { isFine = false } = this.#bounds;
    const before = new Set(world.nodes.flatMap(({ ops }) => ops));
    for (let isBusy = true; isBusy; ) {
      isBusy = false;
      for (const node of world.nodes) {
        if (node.life !== "up") continue;
        const driver = new Driver(world, node, mutants);
        if (node.isWoken) lookAtClock(world, node, driver);
        const { isCut } = node;
        const op = node.ops.find((one) => {
          if (isFine && !before.has(one) && !/open|read|renew/i.test(one.kind)) return false;
          return (!one.isSlow && !isCut) || isOverdue(one.kind, one.age);
        });
        if (op !== undefined) {
          const arrives = !op.isSlow && !isCut;
          if (arrives && op.stage === "request") carryOut(world, op, mutants);
          driver.answer(op, arrives);
          isBusy = true;
        }
        if (canSee(world, node)) {
          see(world, node, driver);
          isBusy = true;
        }
      }
    }
  }
}

function isOverdue(kind: Op["kind"], waited: number): boolean {
  return kind !== "open" && waited >= rule.retryPeriodMs;
}

function canSee(world: World, node: Node): boolean {
  return !node.isCut && !node.isStale && node.stage !== "over" && isBehind(world, node);
}

function grow(node: Node): void {
  if (node.life === "crashed" || node.life === "stopped") return;
  node.judged = [];
  const older = (ticks: number) => Math.min(longest, ticks + 1);
  for (const seen of Object.values(node.sessions)) seen.age = older(seen.age);
  for (const seen of node.claims) if (seen !== null) seen.age = Math.min(3, seen.age + 1);
  for (const op of node.ops) op.age = older(op.age);
  node.written.age = Math.min(3, node.written.age + 1);
  node.joinedAge = older(node.joinedAge);
  node.chart = age(node.chart);
  for (const role of node.roles) role.chart = age(role.chart);
}

/** Whether it has not seen something that changes what it does. */
function isNews(world: World, { sessions, claims }: Node): boolean {
  for (const id in world.sessions) if (sessions[id]?.state !== world.sessions[id]!.state) return true;
  return world.claims.some((claim, index) => (claim?.rev ?? 0) !== (claims[index]?.rev ?? 0));
}

/** Two nodes that run the same, each with a session that is valid for itself. */
function findOverlap(world: World, mutants: Mutants): string | null {
  for (const claim of world.claims.keys()) {
    const holders = world.nodes.filter((node) => {
      const { service } = node.roles[claim]!;
      return service !== "none" && new Driver(world, node, mutants).validFor > 0;
    });
    if (holders.length > 1) return `claim ${claim} runs on ${holders.map(({ session }) => session).join(" and ")}`;
  }
  return null;
}

// Faults, and their ends.

const restart: Act = (_, node, driver) => {
  node.life = "up";
  node.isStopping = false;
  node.isStale = false;
  node.isWoken = false;
  node.former = null;
  driver.begin();
};

const crash: Act = (_, node, driver) => {
  for (const op of node.ops) driver.leave(op);
  node.life = "crashed";
  node.stage = "over";
  node.ops = [];
  node.sessions = {};
  node.claims = node.claims.map(() => null);
  node.roles = node.roles.map(newRole);
};

const wake: Act = (_, node, driver) => {
  node.life = "up";
  node.isWoken = driver.due !== null;
};

const lookAtClock: Act = (_, node, driver) => {
  node.isWoken = false;
  driver.fireDue();
};

const heal: Act = (_, node) => {
  node.isCut = false;
};

const cut: Act = (_, node) => {
  node.isCut = true;
};

const see: Act = (world, node, driver) => {
  bring(world, node);
  driver.settle();
};
