// recorder.ts: records the history of a tree in a bounded ring. A fact takes constant time, and an error in the recorder
// does not reach the tree. Longer than other files: what it listens to writes into one ring.

import type { AnyActorLogic, AnyActorRef, InspectionEvent } from "xstate";
import { serviceMachine, supervisorMachine } from "../../../machines/index.ts";
import { logicOf } from "../../engine/xstate.ts";
import type { Supervisor, TreeDescription, Update } from "../../index.ts";
import { isMachine, isSameState, toValue } from "../shared/charts.ts";
import { chartKeyOf, copyMoment, fold, type Moment, toState } from "../shared/history.ts";
import type { Chart, ChartState, Entry, Recording, Role, Value } from "../shared/protocol.ts";
import { Cast, type Part } from "./cast.ts";
import { ChartBook } from "./chart-book.ts";
import { Facts } from "./facts.ts";
import { look } from "./look.ts";
import { detailOf, isNoise, senderOf } from "./messages.ts";
import { Output } from "./output.ts";
import { toPlainTree } from "./plain-tree.ts";
import { toPreview } from "./preview.ts";
import { Ring } from "./ring.ts";
import { type Snapshot, Subjects } from "./subjects.ts";

/** Data that may hold secrets, and is recorded only if the user asks for it. */
export const includable = ["context", "input", "events", "output"] as const;
export type Included = (typeof includable)[number];

export interface RecorderOptions {
  readonly historySize: number;
  readonly messages: boolean;
  readonly include: ReadonlySet<Included>;
}

type ChartOwner = Parameters<Parameters<Supervisor["watchCharts"]>[0]["sent"]>[0];

/** The kinds of facts that a removed service may still cause. */
const kindsAfterRemoval: ReadonlySet<Entry["kind"]> = new Set(["late", "stray-error", "output", "process"]);

export class Recorder {
  readonly supervisor: Supervisor;
  readonly ring: Ring;
  /** Add it to a time of the tree's clock to have milliseconds since 1970. */
  readonly wallOffset: number;
  /** Services were added or removed since a reader set this to false. */
  isTreeStale = false;
  /** The tree as it was described last; null: services were added or removed since then. */
  #described: TreeDescription | null = null;
  /** Called after each fact; it must be fast. */
  onFact: () => void = () => {};
  /** How often the recorder itself has failed. */
  failures = 0;
  readonly #options: RecorderOptions;
  readonly #cast: Cast;
  readonly #removers: (() => void)[];
  readonly #facts: Facts;
  readonly #charts = new ChartBook();
  readonly #subjects = new Subjects();
  /** The same of the machines that these have invoked or spawned. */
  readonly #childSteps = new WeakMap<AnyActorRef, ChartState>();
  readonly #innerSteps = new WeakMap<ChartOwner, ChartState>();
  readonly #output: Output;
  /** The newest state of the charts of supervisors and of actors. */
  readonly #steps: Map<string, ChartState>;

  constructor(supervisor: Supervisor, options: RecorderOptions) {
    this.supervisor = supervisor;
    this.#options = options;
    this.wallOffset = Date.now() - supervisor.now();
    this.#facts = new Facts(supervisor, this.#subjects);
    this.#cast = new Cast(supervisor.actor, supervisor.name);
    this.#charts.add("service", serviceMachine);
    this.#charts.add("supervisor", supervisorMachine);
    const before = look(supervisor, (role, ref) => this.#toChartState(role, ref));
    this.ring = new Ring(options.historySize, before);
    for (const path of before.rows.keys()) this.#subjects.of(path).isMet = true;
    this.#steps = new Map(before.charts);
    this.#output = new Output(
      (entry) => this.#push(entry),
      () => supervisor.now(),
    );
    this.#removers = [
      ...(options.include.has("output") ? [supervisor.watchLog(this.#guarded(this.#output.note))] : []),
      this.#follow(),
      ...(options.messages ? [this.#listen()] : []),
    ];
  }

  /** The newest moment. */
  get live(): Moment {
    const moment = copyMoment(this.ring.base);
    for (const entry of this.ring.after(0)) fold(moment, entry);
    return moment;
  }

  close(): void {
    this.flushOutput();
    for (const remove of this.#removers) remove();
  }

  /** Records what services have written and is not recorded yet. */
  flushOutput(): void {
    this.#output.close();
  }

  /** The charts whose keys are not in `known`. */
  chartsBeside(known: ReadonlySet<string>): Record<string, Chart> {
    return this.#charts.beside(known);
  }

  get chartCount(): number {
    return this.#charts.size;
  }

  describe(): TreeDescription {
    this.#described ??= toPlainTree(this.supervisor.describe());
    return this.#described;
  }

  record(): Recording {
    this.flushOutput();
    return {
      format: "statevisor-recording",
      version: 1,
      name: this.supervisor.name,
      recordedAt: new Date().toISOString(),
      wallOffset: this.wallOffset,
      now: this.supervisor.now(),
      tree: this.describe(),
      charts: this.chartsBeside(new Set()),
      base: structuredClone(toState(this.ring.base)),
      entries: this.ring.after(0),
    };
  }

  #push(entry: Entry): void {
    const { kind, path } = entry;
    this.ring.push(entry);
    if (kind === "removed") this.#forget(path);
    else if (!kindsAfterRemoval.has(kind)) this.#meet(path);
    this.onFact();
  }

  /** Records a service that is new. Of a supervisor, the state of its chart before its first step is recorded here. */
  #meet(path: string): void {
    const subject = this.#subjects.of(path);
    if (subject.isMet) return;
    subject.isMet = true;
    this.isTreeStale = true;
    this.#described = null;
    const ref = this.#supervisorAt(path);
    if (ref !== null) this.#noteStep(path, "supervisor", this.#toChartState("supervisor", ref));
  }

  #supervisorAt(path: string): AnyActorRef | null {
    try {
      return this.supervisor.actorsOf(path).supervisor;
    } catch {
      // Removed in the same turn.
      return null;
    }
  }

  #forget(path: string): void {
    for (const one of this.#subjects.forget(path)) {
      this.#output.forget(one);
      for (const role of ["supervisor", "actor"] as const) this.#steps.delete(chartKeyOf(one, role));
    }
    this.isTreeStale = true;
    this.#described = null;
  }

  /** Catches what `work` throws: mistakes of the recorder, and objects of the user's that throw when they are read. */
  #guarded<Args extends unknown[]>(work: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      try {
        work(...args);
      } catch {
        this.failures++;
      }
    };
  }

  // The updates of the tree.

  #follow(): () => void {
    const record = this.#guarded((update: Update) => {
      if (update.type === "status") this.#noteStatus(update);
      else this.#push(this.#facts.of(update));
    });
    return this.supervisor.on("*", record);
  }

  #noteStatus(update: Extract<Update, { type: "status" }>): void {
    const { path, exit } = update;
    this.#output.flush(path);
    const counts = this.#facts.countsOf(path);
    const error = exit?.kind === "failed" ? this.#facts.infoOf(path, exit.error) : undefined;
    this.ring.next().holdStatus(update, counts, error);
    this.#meet(path);
    this.onFact();
  }

  // The events that charts are sent, and the states of charts that updates do not show.

  #listen(): () => void {
    const { system } = this.supervisor.actor;
    const removers: (() => void)[] = [];
    const unwatch = this.supervisor.watchCharts({
      // A cluster renews its lease every few seconds: what its charts are sent would crowd out all other facts.
      sent: this.#guarded((owner, event) => owner.role === "actor" || this.#noteMessage(owner, null, event)),
      stepped: this.#guarded((owner, event, value, context) => {
        const { path, role } = owner;
        if (role === "actor") this.#noteInner(owner, toValue({ value }), event.type);
        else if (role === "service") this.#subjects.of(path).context = context;
        else this.#noteStep(path, role, this.#toState(role, role, { value }, event.type));
      }),
      // XState copies an object for each event that it reports: it is asked only for what the witness cannot see.
      metActors: () => {
        const subscription = system.inspect(this.#guarded((event: InspectionEvent) => this.#see(event)));
        removers.push(() => subscription.unsubscribe());
      },
    });
    removers.push(unwatch);
    return () => {
      for (const remove of removers) remove();
    };
  }

  /** Records an event or a snapshot of an actor of the user's. */
  #see(inspected: InspectionEvent): void {
    if (inspected.type !== "@xstate.event" && inspected.type !== "@xstate.snapshot") return;
    const ref = inspected.actorRef as AnyActorRef;
    const part = this.#cast.partOf(ref);
    if (part?.role !== "actor") return;
    if (inspected.type === "@xstate.event") {
      this.#noteMessage(part, this.#cast.partOf(inspected.sourceRef as AnyActorRef | undefined), inspected.event);
    } else {
      const state = this.#toChartState("actor", ref, inspected.snapshot as Snapshot, inspected.event.type);
      if (part.id === undefined) this.#noteStep(part.path, "actor", state);
      else if (isMachine(chartOf(ref, inspected.snapshot))) this.#noteChildStep(part.path, part.id, ref, state);
    }
  }

  #noteMessage(part: Part, source: Part | null, event: { readonly type: string }): void {
    // Everything of the user's is read before a slot is taken: reading it may throw.
    const { type } = event;
    if (isNoise(part, type)) return;
    const from = senderOf(part, source, event);
    const detail = part.role === "actor" ? this.#show(event) : detailOf(event);
    const at = this.supervisor.now();
    this.ring.next().holdMessage(part, from, type, detail, at);
    this.onFact();
  }

  readonly #show = (event: { readonly type: string }): string => {
    const wanted: Included = event.type === "xstate.init" ? "input" : "events";
    return this.#options.include.has(wanted) ? toPreview(event, "type") : "";
  };

  #noteStep(path: string, role: Role, state: ChartState): void {
    const key = chartKeyOf(path, role);
    const last = this.#steps.get(key);
    if (isSameState(last, state)) return;
    this.#steps.set(key, state);
    this.#push({ n: 0, path, kind: "step", role, ...state });
  }

  /** Records a step of a chart that code of this package runs inside a service: the membership of a node, or its roles. */
  #noteInner(owner: ChartOwner, value: Value, event: string): void {
    const { path, part: id, machine } = owner;
    if (machine === undefined || isRenewing(value)) return;
    const chart = machine().id;
    this.#charts.add(chart, machine());
    const state = this.#toState("actor", chart, { value }, event);
    if (id === undefined) return this.#noteStep(path, "actor", state);
    if (isSameState(this.#innerSteps.get(owner), state)) return;
    this.#innerSteps.set(owner, state);
    this.#push({ n: 0, path, kind: "step", role: "actor", id, ...state });
  }

  /** Records a step of a machine that an actor of the user's has invoked or spawned. */
  #noteChildStep(path: string, id: string, ref: AnyActorRef, state: ChartState): void {
    if (isSameState(this.#childSteps.get(ref), state)) return;
    this.#childSteps.set(ref, state);
    this.#push({ n: 0, path, kind: "step", role: "actor", id, ...state });
  }

  #toChartState(role: Role, ref: AnyActorRef, snapshot = ref.getSnapshot() as Snapshot, event = ""): ChartState {
    return this.#toState(role, role === "actor" ? this.#charts.keyOf(chartOf(ref, snapshot)) : role, snapshot, event);
  }

  #toState(role: Role, chart: string, snapshot: Snapshot, event: string): ChartState {
    const context = this.#contextOf(role, snapshot);
    return {
      chart,
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
}

/** A renewal is no news: it comes every few seconds, and ends in the state that it began in. */
function isRenewing(value: Value): boolean {
  if (typeof value === "string") return value === "renewing";
  return Object.values(value).some(isRenewing);
}

/** What an actor is drawn as: its logic, or the chart that this runs, as `supervised` does. */
function chartOf(ref: AnyActorRef, snapshot: object): AnyActorLogic {
  const { machine } = snapshot as { machine?: unknown };
  return isMachine(machine) ? machine : logicOf(ref);
}
