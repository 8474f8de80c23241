// explorer.ts: drives a small tree through all sequences of some commands, level by level.
//
// It is stateless: a tree cannot be copied, so each history is lived from its beginning, on a simulated clock. Histories
// that lead to the same state are followed once, and of commands that are independent of each other one order is tried
// (sleep sets). Each step is checked, and from each new state the tree is lived out: see ../world/last-days.ts.

import type { Command, History } from "../world/commands.ts";
import { liveOut } from "../world/last-days.ts";
import type { TreeShape } from "../world/shape.ts";
import { type Making, World } from "../world/world.ts";
import { independenceIn } from "./independence.ts";
import { isPossible } from "./possible.ts";
import { keyOf } from "./state-key.ts";

export interface Subject {
  readonly name: string;
  readonly tree: TreeShape;
  /** The commands of which all sequences are tried. */
  readonly commands: readonly Command[];
}

export interface Options extends Making {
  /** Tries independent commands in every order, for comparison. */
  readonly isExhaustive?: boolean;
}

/** A violated invariant, with the shortest history that leads to it. */
export interface Violation {
  readonly history: History;
  readonly message: string;
}

/** A history that leads to a state from which commands are still to be tried. */
interface Node {
  readonly before: Node | null;
  readonly command: Command;
  readonly state: State;
  /** The commands that are still to be tried from here; the others are asleep, or impossible. */
  readonly todo: ReadonlySet<number>;
  readonly asleep: ReadonlySet<number>;
}

interface State {
  readonly key: number | null;
  /** The commands that nobody has tried from this state, because another order was tried instead. */
  asleep: ReadonlySet<number>;
}

export class Explorer {
  readonly subject: Subject;
  /** The number of commands in the longest histories, after the start, all of which were tried. */
  depth = 0;
  histories = 0;
  /** Histories that were not lived, because another order of the same commands was. */
  spared = 0;
  violation: Violation | null = null;
  readonly #options: Options;
  readonly #states = new Map<number, State>();
  readonly #isIndependent: (a: Command, b: Command) => boolean;
  #frontier: Node[] = [];
  #next: Node[] = [];
  #hasBegun = false;

  constructor(subject: Subject, options: Options = {}) {
    this.subject = subject;
    this.#options = options;
    this.#isIndependent = options.isExhaustive ? () => false : independenceIn(subject.tree);
  }

  get states(): number {
    return this.#states.size;
  }

  get keys(): ReadonlySet<number> {
    return new Set(this.#states.keys());
  }

  /** Nothing new can be reached. */
  get isExhausted(): boolean {
    return this.#hasBegun && this.#frontier.length === 0;
  }

  /** Tries all histories that are longer by one command. Gives up, and can go on later, when `isLate` says so. */
  async deepen(isLate: () => boolean = () => false): Promise<void> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      await this.#visit(null, ["start"], new Set());
      this.#frontier = this.#next;
      this.#next = [];
    }
    while (this.#frontier.length > 0) {
      if (isLate() || this.violation !== null) return;
      await this.#expand(this.#frontier.pop()!);
    }
    this.#frontier = this.#next.reverse();
    this.#next = [];
    this.depth++;
  }

  async #expand(node: Node): Promise<void> {
    const { commands } = this.subject;
    const tried = new Set(node.asleep);
    for (const index of node.todo) {
      const command = commands[index]!;
      const asleep = new Set([...tried].filter((other) => this.#isIndependent(commands[other]!, command)));
      await this.#visit(node, command, asleep);
      if (this.violation !== null) return;
      tried.add(index);
    }
  }

  /** Lives a history, checks its last step, and notes the state that it leads to. */
  async #visit(before: Node | null, command: Command, asleep: ReadonlySet<number>): Promise<void> {
    this.histories++;
    const commands = toCommands(before, command);
    const { tree } = this.subject;
    try {
      const world = new World(tree, this.#options);
      for (const earlier of commands.slice(0, -1)) await world.step(earlier, false);
      await world.step(command);
      const isNew = this.#note(world, before, command, asleep);
      if (isNew) await liveOut(world);
    } catch (error) {
      this.violation = { history: { tree, commands: commands.slice(1) }, message: String((error as Error).message) };
    }
  }

  /** Returns whether the state is new. */
  #note(world: World, before: Node | null, command: Command, asleep: ReadonlySet<number>): boolean {
    const isBetween = command[0] === "now";
    const key = isBetween ? null : keyOf(world);
    const known = key === null ? undefined : this.#states.get(key);
    const possible = this.subject.commands.flatMap((one, index) => (isPossible(world, one) ? [index] : []));
    if (known === undefined) {
      const state = { key, asleep };
      if (key !== null) this.#states.set(key, state);
      const todo = new Set(possible.filter((index) => !asleep.has(index)));
      this.spared += possible.length - todo.size;
      this.#next.push({ before, command, state, todo, asleep });
      return !isBetween;
    }
    // What slept at the first visit, and does not sleep now, nobody has tried.
    const todo = new Set([...known.asleep].filter((index) => !asleep.has(index) && possible.includes(index)));
    known.asleep = new Set([...known.asleep].filter((index) => asleep.has(index)));
    if (todo.size > 0) this.#next.push({ before, command, state: known, todo, asleep });
    return false;
  }
}

function toCommands(before: Node | null, command: Command): Command[] {
  const commands = [command];
  for (let node = before; node !== null; node = node.before) commands.unshift(node.command);
  return commands;
}
