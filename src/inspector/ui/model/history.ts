// history.ts: the history that the page was sent: bounded, with each of its moments at hand.

import type { TreeDescription } from "../../../contract/description.ts";
import { copyMoment, fold, type Moment, toMoment, toState } from "../../shared/history.ts";
import type { Chart, Entry, Recording, State } from "../../shared/protocol.ts";
import { type ErrorGroup, ErrorGroups } from "./error-groups.ts";
import { isFailure } from "./facts.ts";
import { Incidents } from "./incidents.ts";
import { Lanes } from "./lanes.ts";
import { type TreeModel, toTree } from "./tree.ts";

const mostEntries = 60_000;
const trimmedAtOnce = 10_000;
const checkpointEvery = 2_000;

export interface Beginning {
  name: string;
  wallOffset: number;
  now: number;
  tree: TreeDescription;
  charts: Record<string, Chart>;
  base: State;
}

export class History {
  readonly name: string;
  readonly wallOffset: number;
  #tree: TreeModel;
  readonly charts: Record<string, Chart>;
  entries: Entry[] = [];
  /** The newest moment whose facts have come in. */
  #known: Moment;
  /** The newest moment of the tree, as it was sent ahead of the facts that lead to it. */
  #ahead: Moment | null = null;
  /** The moment before the first fact is known. */
  isWhole: boolean;
  readonly lanes = new Lanes();
  readonly incidents = new Incidents();
  readonly #errors = new ErrorGroups();
  #errorsBefore: { readonly n: number; readonly list: ErrorGroup[] } | null = null;
  /** The numbers of the facts that are failures. */
  failures: number[] = [];
  #base: Moment;
  #checkpoints: Moment[] = [];
  #last: Moment | null = null;
  #now: number;
  #nowAt = performance.now();
  #stoodAt: number | null = null;
  readonly #isLive: boolean;

  /** For a running tree, `base` is the newest moment, which is shown at once; `precede` gives the moment before the facts. */
  constructor({ name, wallOffset, now, tree, charts, base }: Beginning, isLive: boolean) {
    this.name = name;
    this.wallOffset = wallOffset;
    this.#tree = toTree(tree);
    this.charts = { ...charts };
    this.#base = toMoment(base);
    this.#known = this.#base;
    this.#now = now;
    this.#isLive = isLive;
    this.isWhole = false;
    if (!isLive) this.precede(base);
  }

  /** Sets the moment before the first fact. The facts that lead to the newest moment follow. */
  precede(base: State): void {
    this.#ahead = this.#known;
    this.#base = toMoment(base);
    this.#known = copyMoment(this.#base);
    this.lanes.begin(this.#known.rows.values(), this.#known.n);
    this.isWhole = true;
    if (this.#known.n >= this.#ahead.n) this.#ahead = null;
  }

  static fromRecording(recording: Recording): History {
    const history = new History(recording, false);
    history.add(recording.entries, recording.now);
    return history;
  }

  /** All facts that lead to the moment that is shown have come in. A recording made before lacks them. */
  get isCaughtUp(): boolean {
    return this.isWhole && this.#ahead === null;
  }

  get model(): TreeModel {
    return this.#tree;
  }

  set tree(description: TreeDescription) {
    this.#tree = toTree(description);
  }

  /** The newest moment. */
  get live(): Moment {
    return this.#ahead ?? this.#known;
  }

  get first(): number {
    return this.#base.n;
  }

  /** The number of the newest fact that has come in. */
  get head(): number {
    return this.#known.n;
  }

  get begin(): number {
    return this.#base.at;
  }

  /** The clock of the tree, as far as the page knows. */
  now(): number {
    return this.#isLive ? this.#now + (this.#stoodAt ?? performance.now()) - this.#nowAt : this.#now;
  }

  /** Without a connection the clock stands still: the page does not know what happens. */
  follow(isConnected: boolean): void {
    this.#stoodAt = isConnected ? null : (this.#stoodAt ?? performance.now());
  }

  add(entries: readonly Entry[], now: number): void {
    this.#now = now;
    this.#nowAt = performance.now();
    for (const entry of entries) {
      if (entry.n !== this.#known.n + 1) continue;
      if (this.entries.length % checkpointEvery === 0) this.#checkpoints.push(copyMoment(this.#known));
      fold(this.#known, entry);
      this.entries.push(entry);
      const row = this.#known.rows.get(entry.path);
      this.lanes.add(entry, row);
      this.incidents.add(entry, row, this.#tree);
      this.#errors.add(entry);
      if (isFailure(entry)) this.failures.push(entry.n);
    }
    if (this.#ahead !== null && this.#known.n >= this.#ahead.n) this.#ahead = null;
    if (this.entries.length > mostEntries) this.#trim();
  }

  #trim(): void {
    const base = this.#checkpoints[trimmedAtOnce / checkpointEvery]!;
    this.#base = copyMoment(base);
    this.entries = this.entries.slice(trimmedAtOnce);
    this.#checkpoints = this.#checkpoints.slice(trimmedAtOnce / checkpointEvery);
    this.#last = null;
    this.lanes.trim(base.at);
    this.incidents.trim(base.n);
    this.failures = this.failures.filter((n) => n > base.n);
    this.#errors.clear();
    for (const entry of this.entries) this.#errors.add(entry);
  }

  /** The errors up to a moment; null is now. */
  errorsAt(n: number | null): ErrorGroup[] {
    if (n === null) return this.#errors.list();
    if (this.#errorsBefore?.n !== n) {
      const groups = new ErrorGroups();
      for (const entry of this.entries) if (entry.n <= n) groups.add(entry);
      this.#errorsBefore = { n, list: groups.list() };
    }
    return this.#errorsBefore.list;
  }

  entry(n: number): Entry | undefined {
    return this.entries[n - this.#base.n - 1];
  }

  /** The moment after the n-th fact; null is now. */
  at(n: number | null): Moment {
    if (n === null || n >= this.#known.n) return this.live;
    const goal = Math.max(n, this.#base.n);
    if (this.#last?.n === goal) return this.#last;
    const index = goal - this.#base.n;
    const checkpoint = this.#checkpoints[Math.floor(index / checkpointEvery)] ?? this.#base;
    const near = this.#last !== null && this.#last.n < goal && this.#last.n > checkpoint.n ? this.#last : checkpoint;
    const moment = copyMoment(near);
    for (let i = near.n + 1; i <= goal; i++) fold(moment, this.entry(i)!);
    this.#last = moment;
    return moment;
  }

  /** The last fact at or before a time. */
  findAt(at: number): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    return this.#base.n + low;
  }

  /** The failure nearest to a fact, before (-1) or after it. */
  failureFrom(n: number, by: 1 | -1): number | undefined {
    return by === 1 ? this.failures.find((one) => one > n) : this.failures.findLast((one) => one < n);
  }

  /** `range`: only the facts after the first and up to the last of two numbers. */
  toRecording({ from, to }: { from: number; to: number } = { from: this.first, to: this.head }): Recording {
    const isAll = from === this.first && to === this.head;
    return {
      format: "statevisor-recording",
      version: 1,
      name: this.name,
      recordedAt: new Date().toISOString(),
      wallOffset: this.wallOffset,
      now: isAll ? this.now() : this.at(to).at,
      tree: this.#tree.description,
      charts: this.charts,
      base: toState(this.at(from)),
      entries: isAll ? this.entries : this.entries.filter(({ n }) => n > from && n <= to),
    };
  }
}
