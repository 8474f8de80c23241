// The recorder: the history of a tree in a bounded ring. It reads the public handle only, costs the same for each fact,
// and whatever goes wrong in it stays in it.

import type { AnyActorLogic, AnyActorRef, InspectionEvent, Subscription } from "xstate";
import { serviceMachine } from "../../machines/index.ts";
import type { Supervisor, TreeDescription } from "../index.ts";
import { updateTypes } from "../updates.ts";
import { Cast } from "./cast.ts";
import { toChart, toValue } from "./charts.ts";
import { Facts } from "./facts.ts";
import { chartKeyOf, copyMoment, fold, type Moment, toState } from "./history.ts";
import { look } from "./look.ts";
import { toMessage } from "./messages.ts";
import { toPlainTree } from "./plain-tree.ts";
import { toPreview } from "./preview.ts";
import type { Chart, ChartState, Entry, Fact, Recording, Role, Value } from "./protocol.ts";
import { Ring } from "./ring.ts";

/** What may hold secrets, and so is only recorded on demand. */
export type Included = "context" | "input" | "events";

export interface RecorderOptions {
  readonly historySize: number;
  readonly messages: boolean;
  readonly include: ReadonlySet<Included>;
}

type Snapshot = { readonly value?: unknown; readonly status?: unknown; readonly context?: unknown };

export class Recorder {
  readonly supervisor: Supervisor;
  readonly ring: Ring;
  /** What is known now. */
  readonly live: Moment;
  /** Milliseconds from the tree's clock to 1970. */
  readonly wallOffset: number;
  /** Services were added or removed since this was last set to false. */
  isTreeStale = false;
  /** Called after each fact; must be cheap. */
  onFact: () => void = () => {};
  /** What went wrong in here; nobody else is harmed by it. */
  failures = 0;
  readonly #options: RecorderOptions;
  readonly #cast: Cast;
  readonly #removers: (() => void)[];
  readonly #facts: Facts;
  /** The logics that were seen, by the keys of their charts. */
  readonly #logics = new Map<string, AnyActorLogic>();
  readonly #chartKeys = new WeakMap<object, string>();
  readonly #charts = new Map<string, Chart>();

  constructor(supervisor: Supervisor, options: RecorderOptions) {
    this.supervisor = supervisor;
    this.#options = options;
    this.wallOffset = Date.now() - supervisor.now();
    this.#facts = new Facts(supervisor);
    this.#cast = new Cast(supervisor.actor, supervisor.name);
    this.#nameChart("service", serviceMachine);
    this.#nameChart("supervisor", logicOf(supervisor.actor));
    this.live = look(supervisor, (role, ref) => this.#toChartState(role, ref));
    this.ring = new Ring(options.historySize, copyMoment(this.live));
    this.#removers = [...this.#follow(), ...(options.messages ? [this.#listen()] : [])];
  }

  close(): void {
    for (const remove of this.#removers) remove();
  }

  /** The charts whose keys are not among the known ones. */
  chartsBeside(known: ReadonlySet<string>): Record<string, Chart> {
    const charts: Record<string, Chart> = {};
    for (const [key, logic] of this.#logics) {
      if (known.has(key)) continue;
      const chart = this.#charts.get(key) ?? toChart(key, logic);
      this.#charts.set(key, chart);
      charts[key] = chart;
    }
    return charts;
  }

  get chartCount(): number {
    return this.#logics.size;
  }

  describe(): TreeDescription {
    return toPlainTree(this.supervisor.describe());
  }

  record(): Recording {
    return {
      format: "statevisor-recording",
      version: 1,
      name: this.supervisor.name,
      recordedAt: new Date().toISOString(),
      wallOffset: this.wallOffset,
      now: this.supervisor.now(),
      tree: this.describe(),
      charts: this.chartsBeside(new Set()),
      base: toState(this.ring.base),
      entries: this.ring.after(0),
    };
  }

  #push(path: string, at: number, fact: Fact): void {
    // The fact was made for this; a copy of it would cost as much as all the rest.
    const entry = fact as Entry;
    entry.n = this.ring.head + 1;
    entry.at = at;
    entry.path = path;
    if (fact.kind === "removed" || !this.live.rows.has(path)) this.isTreeStale = true;
    fold(this.live, entry);
    this.ring.push(entry);
    this.onFact();
  }

  /** A mistake of ours, or an object of the user's that throws when it is read, must not reach the tree. */
  #guard(work: () => void): void {
    try {
      work();
    } catch {
      this.failures++;
    }
  }

  // What the tree tells.

  #follow(): (() => void)[] {
    const { supervisor } = this;
    return updateTypes.map((type) =>
      supervisor.on(type, (update) => {
        this.#guard(() => this.#push(update.path, update.at, this.#facts.of(update)));
      }),
    );
  }

  // What XState tells: messages, and the states of the charts that updates do not name.

  #listen(): () => void {
    const { system } = this.supervisor.actor;
    const subscription: Subscription = system.inspect((event) => this.#guard(() => this.#see(event)));
    return () => subscription.unsubscribe();
  }

  #see(inspected: InspectionEvent): void {
    if (inspected.type !== "@xstate.event" && inspected.type !== "@xstate.snapshot") return;
    const ref = inspected.actorRef as AnyActorRef;
    const part = this.#cast.partOf(ref);
    if (part === null) return;
    const { path, role } = part;
    if (inspected.type === "@xstate.event") {
      const source = this.#cast.partOf(inspected.sourceRef as AnyActorRef | undefined);
      const message = toMessage(part, source, inspected.event, (event) => this.#show(event));
      if (message !== null) this.#push(path, this.supervisor.now(), message);
    } else if (role !== "service" && part.id === undefined) {
      this.#noteStep(path, role, this.#toChartState(role, ref, inspected.snapshot as Snapshot, inspected.event.type));
    }
  }

  #show(event: { readonly type: string }): string {
    const wanted: Included = event.type === "xstate.init" ? "input" : "events";
    return this.#options.include.has(wanted) ? toPreview({ ...event, type: undefined }) : "";
  }

  #noteStep(path: string, role: Role, state: ChartState): void {
    const last = this.live.charts.get(chartKeyOf(path, role));
    if (last?.chart === state.chart && last.context === state.context && isSameValue(last.value, state.value)) return;
    const { at, ...step } = state;
    this.#push(path, at, { kind: "step", role, ...step });
  }

  #toChartState(role: Role, ref: AnyActorRef, snapshot = ref.getSnapshot() as Snapshot, event = ""): ChartState {
    const context = this.#contextOf(role, snapshot);
    return {
      chart: this.#chartOf(role, ref),
      value: toValue(snapshot),
      event,
      at: this.supervisor.now(),
      ...(context !== undefined && { context }),
    };
  }

  #contextOf(role: Role, { context }: Snapshot): string | undefined {
    if (role !== "actor" || context === undefined || !this.#options.include.has("context")) return undefined;
    return toPreview(context);
  }

  #chartOf(role: Role, ref: AnyActorRef): string {
    if (role !== "actor") return role;
    const logic = logicOf(ref);
    const known = this.#chartKeys.get(logic);
    if (known !== undefined) return known;
    return this.#nameChart(`actor-${this.#logics.size - 1}`, logic);
  }

  #nameChart(key: string, logic: AnyActorLogic): string {
    this.#logics.set(key, logic);
    this.#chartKeys.set(logic, key);
    return key;
  }
}

// Every actor has one; XState's type of a reference does not say so.
function logicOf(ref: AnyActorRef): AnyActorLogic {
  return (ref as unknown as { logic: AnyActorLogic }).logic;
}

function isSameValue(a: Value, b: Value): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}
