// Breadth-first search over the states of the model, with equal states merged, and the way back to order from each of them.

import { chart } from "./charts.ts";
import { carryOut } from "./engine.ts";
import { Driver, stateOf } from "./node.ts";
import { type Bounds, emptyWorld, Steps } from "./steps.ts";
import { copy, hashOf, normalise, type World } from "./world.ts";

export interface Found {
  readonly states: number;
  readonly depth: number;
  /** Whether no state is left beyond those that were visited. */
  readonly isWhole: boolean;
  /** What was broken, and the steps that lead there. */
  readonly violation: string | null;
  readonly path: readonly string[];
}

export interface Search extends Bounds {
  readonly mostStates: number;
  /** Begin where each claim is held and the other nodes stand by; else where nothing has begun. */
  readonly isSeeded: boolean;
}

interface Visited {
  readonly label: string;
  readonly before: Visited | null;
  readonly depth: number;
}

export function search(given: Search): Found {
  const steps = new Steps(given);
  const calm = new Calm(given, steps);
  let start = emptyWorld(given);
  if (given.isSeeded) start = calm.settled(start);
  const seen = new Set([hashOf(JSON.stringify(start))]);
  let queue: { readonly text: string; readonly at: Visited }[] = [
    { text: JSON.stringify(start), at: { label: "", before: null, depth: 0 } },
  ];
  for (let depth = 0; queue.length > 0; depth++) {
    const later: typeof queue = [];
    for (const { text, at } of queue) {
      const world = JSON.parse(text) as World;
      const stuck = calm.findStuck(world);
      if (stuck !== null) return toFound(seen.size, stuck, at);
      for (const { label, violation, text: next } of steps.after(world)) {
        const one = { label, before: at, depth: depth + 1 };
        if (violation !== null) return toFound(seen.size, violation, one);
        const hash = hashOf(next);
        if (seen.has(hash)) continue;
        seen.add(hash);
        later.push({ text: next, at: one });
      }
      if (seen.size >= given.mostStates) return { states: seen.size, depth, isWhole: false, violation: null, path: [] };
    }
    if (later.length === 0) return { states: seen.size, depth, isWhole: true, violation: null, path: [] };
    queue = later;
  }
  throw new Error("unreachable");
}

function toFound(states: number, violation: string, at: Visited): Found {
  const path: string[] = [];
  for (let one: Visited | null = at; one?.before != null; one = one.before) path.unshift(one.label);
  return { states, depth: at.depth, isWhole: false, violation, path };
}

/** The longest way back to order, in ticks. */
const mostTicks = 40;

/** From any state: the faults are over, everything arrives at once, and every claim is held by one node soon. */
class Calm {
  readonly #bounds: Bounds;
  readonly #steps: Steps;
  /** States from which the way back is known. */
  readonly #good = new Set<number>();

  constructor(bounds: Bounds, steps: Steps) {
    this.#bounds = bounds;
    this.#steps = steps;
  }

  /** The state in which everything has settled. */
  settled(from: World): World {
    const world = copy(from);
    for (let tick = 0; tick < 2 * mostTicks; tick++) this.#tick(world);
    return normalise(world, false).world;
  }

  findStuck(from: World): string | null {
    const way: number[] = [];
    let world = copy(from);
    this.#endFaults(world);
    for (let tick = 0; tick < mostTicks; tick++) {
      const normal = normalise(world, false);
      world = normal.world;
      const hash = hashOf(normal.text);
      if (this.#good.has(hash) || this.#isInOrder(world)) {
        for (const one of [hash, ...way]) this.#good.add(one);
        return null;
      }
      way.push(hash);
      this.#tick(world);
      if (world.violation !== null) return `after the faults: ${world.violation}`;
    }
    const values = world.nodes.map((node) => [chart(node.chart).value, ...node.roles.map(stateOf)]);
    return `after the faults, not every claim is held: ${JSON.stringify(values)}`;
  }

  #endFaults(world: World): void {
    world.faults = 0;
    for (const node of world.nodes) {
      node.isCut = false;
      node.isStale = false;
      if (node.life === "frozen") {
        node.life = "up";
        node.isWoken = true;
      }
      for (const op of node.ops) op.isSlow = false;
    }
  }

  #tick(world: World): void {
    const { mutants } = this.#bounds;
    for (const op of world.late.splice(0)) carryOut(world, op, mutants);
    for (const node of world.nodes) {
      const driver = new Driver(world, node, mutants);
      if (node.life === "crashed" || node.life === "stopped") {
        node.life = "up";
        node.isStopping = false;
        driver.begin();
      }
      if (node.isWoken) {
        node.isWoken = false;
        driver.fireDue();
      }
      for (const [claim, { service }] of node.roles.entries())
        if (service === "stopping" || service === "unstopped") driver.stopped(claim);
    }
    this.#steps.pass(world);
  }

  #isInOrder(world: World): boolean {
    const areMembers = world.nodes.every(
      ({ stage, life, isStopping }) => stage === "member" && life === "up" && !isStopping,
    );
    if (!areMembers) return false;
    return world.claims.every((record, claim) => {
      if (record?.state === "failed") return true;
      return world.nodes.filter(({ roles }) => roles[claim]!.service === "up").length === 1;
    });
  }
}
