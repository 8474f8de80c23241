// nodes.ts: the states of a chart's config as a tree of nodes, each of which knows its parent and its transitions.

import type { ChartConfig, StateConfig, StepConfig, StepsConfig } from "../../machines/chart.ts";

/** A transition that a state may take. */
export interface Candidate {
  readonly source: Node;
  /** null: it stays where it is. */
  readonly target: Node | null;
  /** It leaves the state and enters it again, even if the target is inside. */
  readonly reenter: boolean;
  readonly guard: string | null;
  readonly actions: readonly string[];
}

/** The type of the event that ends a delay, as in XState. */
export interface DelayedEvent {
  readonly delay: string;
  readonly event: { readonly type: string };
}

export class Node {
  readonly config: StateConfig;
  /** The id of the chart and the names of the states down to this one, joined by dots. */
  readonly id: string;
  readonly path: readonly string[];
  readonly parent: Node | null;
  readonly states: readonly Node[];
  readonly delays: readonly DelayedEvent[];
  #candidates: ReadonlyMap<string, readonly Candidate[]> | null = null;

  constructor(config: StateConfig, id: string, path: readonly string[] = [], parent: Node | null = null) {
    this.config = config;
    this.id = id;
    this.path = path;
    this.parent = parent;
    const inner = Object.entries(config.states ?? {});
    this.states = inner.map(([key, state]) => new Node(state, `${id}.${key}`, [...path, key], this));
    const delays = Object.keys(config.after ?? {});
    this.delays = delays.map((delay) => ({ delay, event: { type: `xstate.after.${delay}.${id}` } }));
  }

  get isAtomic(): boolean {
    return this.states.length === 0;
  }

  get isParallel(): boolean {
    return this.config.type === "parallel";
  }

  get entry(): readonly string[] {
    return toList(this.config.entry);
  }

  get exit(): readonly string[] {
    return toList(this.config.exit);
  }

  /** The innermost state that is entered with this one. */
  get innermost(): Node {
    return this.isAtomic ? this : this.find([this.config.initial ?? ""]).innermost;
  }

  /** The state and all its ancestors, innermost first. */
  get lineage(): Node[] {
    return this.parent === null ? [this] : [this, ...this.parent.lineage];
  }

  isBelow(ancestor: Node): boolean {
    return this !== ancestor && this.lineage.includes(ancestor);
  }

  /** The state at a path below this one. */
  find(path: readonly string[]): Node {
    return path.reduce((node: Node, key) => {
      const inner = node.states.find((state) => state.path.at(-1) === key);
      if (inner === undefined) throw new Error(`cannot compile: ${node.id} has no state ${JSON.stringify(key)}`);
      return inner;
    }, this);
  }

  /** The types of events that it has transitions for. A type that ends with `.*` stands for all that begin like it. */
  get types(): Iterable<string> {
    return this.#all.keys();
  }

  get eventless(): readonly Candidate[] {
    return this.#toCandidates(this.config.always ?? []);
  }

  /** Its own transitions for an event, in the order in which they are tried: as in XState, a full name hides the others. */
  candidatesFor(type: string): readonly Candidate[] {
    const exact = this.#all.get(type);
    if (exact !== undefined) return exact;
    const wide = [...this.#all.keys()].filter(
      (name) => name.endsWith(".*") && `${type}.`.startsWith(name.slice(0, -1)),
    );
    return wide.sort((a, b) => b.length - a.length).flatMap((name) => this.#all.get(name)!);
  }

  get #all(): ReadonlyMap<string, readonly Candidate[]> {
    this.#candidates ??= new Map([
      ...Object.entries(this.config.on ?? {}).map(([type, steps]) => [type, this.#toCandidates(steps)] as const),
      ...this.delays.map(({ delay, event }) => [event.type, this.#toCandidates(this.config.after![delay]!)] as const),
    ]);
    return this.#candidates;
  }

  #toCandidates(steps: StepsConfig): Candidate[] {
    return toList<string | StepConfig>(steps).map((step) => {
      const { guard = null, target, reenter = false, actions } = typeof step === "string" ? { target: step } : step;
      const resolved = target === undefined ? null : this.#resolve(target);
      return { source: this, target: resolved, reenter, guard, actions: toList(actions) };
    });
  }

  /** `#id.a.b` from the top of the chart, `.a` inside of this state, `a.b` beside it. */
  #resolve(target: string): Node {
    const names = target.split(".");
    if (target.startsWith("#")) return this.lineage.at(-1)!.find(names.slice(1));
    if (target.startsWith(".")) return this.find(names.slice(1));
    return (this.parent ?? this).find(names);
  }
}

export function toRoot(config: ChartConfig): Node {
  return new Node(config, config.id);
}

function toList<T>(given: T | readonly T[] | undefined): readonly T[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given as T];
}
