// store.ts: the state of the page: the history, what of it is shown, and what the user has chosen.
// Longer than other files: all views read and change this one state.

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { findMistake } from "../../shared/find-mistake.ts";
import { unpackState, unpackTree } from "../../shared/packed.ts";
import { parseRecording } from "../../shared/parse-recording.ts";
import type { Events, Recording, Session } from "../../shared/protocol.ts";
import { type Choice, firstChoice, keepTheme } from "./choice.ts";
import { Connection, type ConnectionState, keepToken, takeToken } from "./connection.ts";
import { History } from "./history.ts";
import { keep } from "./kept.ts";
import { Player } from "./player.ts";
import type { TreeModel } from "./tree.ts";

/** What the page shows: the running tree, the run before it, or a recording from a file. */
export type Source =
  | { readonly kind: "live" | "before" }
  | { readonly kind: "file"; readonly name: string; readonly note: string | null };

/** A tree with more services than this is opened with its problems. */
const mostInTree = 30;

export class Store {
  connection: Connection | null = null;
  connectionState: ConnectionState = "connecting";
  session: Session | null = null;
  history: History | null = null;
  /** The running tree, while something else is shown. */
  #liveHistory: History | null = null;
  /** The run of the program before this one, as far as this page has seen it. */
  before: History | null = null;
  source: Source = { kind: "live" };
  /** Identifies the run that is shown, in addresses. */
  run = "";
  #liveRun = "";
  /** A fact that an address named, which has not come in yet. */
  #wanted: { run: string; n: number } | null = null;
  /** The token that was given by hand was refused. */
  isRefused = false;
  #isPlaced = false;
  choice: Choice = firstChoice();
  readonly player = new Player(
    () => this.history,
    () => this.choice.cursor,
    (n) => this.goTo(n),
    () => this.changed(),
  );
  readonly #listeners = new Set<() => void>();
  #isPlanned = false;

  get tree(): TreeModel | null {
    return this.history?.model ?? null;
  }

  get isLive(): boolean {
    return this.source.kind === "live" && this.session?.mode === "live";
  }

  /** The page shows how it was when the connection was lost. */
  get isStale(): boolean {
    return this.isLive && (this.connectionState === "lost" || this.connectionState === "denied");
  }

  /** The time of the moment that is shown, by the clock of the tree. */
  get shownNow(): number {
    const { history } = this;
    return history === null ? 0 : this.choice.cursor === null ? history.now() : history.at(this.choice.cursor).at;
  }

  choose(choice: Partial<Choice>): void {
    this.choice = { ...this.choice, ...choice };
    if (choice.theme !== undefined) keepTheme(choice.theme);
    if (choice.areDetailsOpen !== undefined) keep("details", choice.areDetailsOpen);
    if (choice.view !== undefined) this.#isPlaced = true;
    this.changed();
  }

  select(path: string | null): void {
    this.choose({ selected: path });
  }

  /** Goes to a moment of the history; the last one is now. Before the facts have come in it stays at now. */
  goTo(n: number | null): void {
    const { history } = this;
    if (history === null || (n !== null && !history.isWhole)) return;
    if (n === null) this.player.pause();
    const isEnd = n === null || (n >= history.head && this.isLive);
    this.choose({ cursor: isEnd ? null : Math.min(history.head, Math.max(history.first, n)) });
  }

  /** Goes to a fact of a run, once it has come in. */
  goToFact(run: string, n: number): void {
    this.#wanted = { run, n };
    this.#goToWanted();
  }

  #goToWanted(): void {
    const { history } = this;
    if (this.#wanted === null || history?.isWhole !== true || this.run === "") return;
    const { run, n } = this.#wanted;
    if (run !== this.run) {
      this.#wanted = null;
      this.choose({ cursor: null, notice: "The moment of this address belongs to an earlier run of the program." });
    } else if (history.head >= n) {
      this.#wanted = null;
      this.goTo(n);
    }
  }

  step(by: number): void {
    const { history } = this;
    if (history !== null) this.goTo((this.choice.cursor ?? history.head) + by);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Draws the page once a frame, however much has changed. */
  changed(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    const draw = () => {
      this.#isPlanned = false;
      for (const listener of this.#listeners) listener();
    };
    // A hidden page has no frames, and must not fall behind.
    if (document.hidden) setTimeout(draw, 250);
    else requestAnimationFrame(draw);
  }

  async connect(given?: string): Promise<void> {
    const embedded = document.getElementById("recording");
    if (embedded !== null) return this.#showEmbedded(embedded.textContent ?? "");
    this.connection?.close();
    if (given !== undefined) keepToken(given);
    const token = given ?? takeToken();
    this.isRefused = false;
    const connection = new Connection(token, {
      onState: (state) => {
        this.connectionState = state;
        this.#liveHistory?.follow(state === "live");
        this.changed();
      },
      onEvent: (name, data) => this.#take(name, data),
    });
    this.connection = connection;
    this.connectionState = "connecting";
    this.changed();
    // Both at once: the first picture waits for them.
    const asked = connection.session();
    connection.begin();
    const session = await asked.catch(() => undefined);
    if (this.connection !== connection) return;
    if (session?.mode !== "live") connection.close();
    if (session === undefined) {
      this.connectionState = "lost";
      setTimeout(() => this.connection === connection && this.connect(), 1_000);
      return this.changed();
    }
    if (session === null) {
      this.connectionState = "denied";
      this.isRefused = given !== undefined;
      return this.changed();
    }
    this.session = session;
    if (session.mode === "recording") {
      const recording = await connection.recording();
      this.#show(History.fromRecording(recording), recording.recordedAt);
      this.connectionState = "closed";
      return this.#chooseFirst();
    }
    connection.follow();
  }

  /** The page is one file with a recording in it, and has no server. */
  #showEmbedded(text: string): void {
    const recording = JSON.parse(text) as Recording;
    this.session = { mode: "recording", name: recording.name, readOnly: true };
    this.connectionState = "closed";
    this.#show(History.fromRecording(recording), recording.recordedAt);
    this.#chooseFirst();
  }

  #take<Name extends keyof Events>(name: Name, data: Events[Name]): void {
    if (name === "snapshot") this.#begin(data as Events["snapshot"]);
    const history = this.#liveHistory;
    if (history === null) return;
    if (name === "entries") {
      const { entries, now } = data as Events["entries"];
      history.add(entries, now);
    }
    if (name === "base") history.precede(unpackState((data as Events["base"]).base, history.model.description));
    this.#goToWanted();
    if (name === "tree") history.tree = unpackTree((data as Events["tree"]).tree);
    if (name === "charts") Object.assign(history.charts, (data as Events["charts"]).charts);
    this.changed();
  }

  /** A new history begins. That of a run which has ended is kept, and stays if the user looks at a moment of it. */
  #begin(snapshot: Events["snapshot"]): void {
    const [ended, isAnew] = [this.#liveHistory, snapshot.run !== this.#liveRun];
    const tree = unpackTree(snapshot.tree);
    const history = new History({ ...snapshot, tree, charts: {}, base: unpackState(snapshot.live, tree) }, true);
    this.#liveHistory = history;
    this.#liveRun = snapshot.run;
    const isPast = this.choice.cursor !== null;
    if (isAnew && ended !== null && ended.entries.length > 0) {
      ended.follow(false);
      this.before = ended;
      this.#askAgain();
      if (this.source.kind === "live" && isPast) this.source = { kind: "before" };
    }
    if (this.source.kind !== "live") return this.changed();
    if (isAnew) this.choice = { ...this.choice, cursor: null };
    this.#show(history, snapshot.run);
    this.#chooseFirst();
  }

  /** A program that was started anew may allow other things. */
  async #askAgain(): Promise<void> {
    const { connection } = this;
    const session = await connection?.session().catch(() => null);
    if (session == null || this.connection !== connection) return;
    this.session = session;
    this.changed();
  }

  #show(history: History, run: string): void {
    if (this.history !== history) this.choice = { ...this.choice, pinned: null };
    this.history = history;
    this.run = run;
    if (!this.#isPlaced && countServices(history) > mostInTree) this.choice = { ...this.choice, view: "problems" };
    this.#isPlaced = true;
    this.#goToWanted();
  }

  /** Shows the run of the program before this one. */
  showBefore(): void {
    if (this.before === null) return;
    this.source = { kind: "before" };
    this.choice = { ...this.choice, cursor: null };
    this.#show(this.before, "before");
    this.#chooseFirst();
  }

  forgetBefore(): void {
    this.before = null;
    this.changed();
  }

  #chooseFirst(): void {
    const { history } = this;
    const selected = this.choice.selected ?? "";
    if (history !== null && !history.live.rows.has(selected) && this.tree?.nodes.has(selected) !== true) {
      this.choice = { ...this.choice, selected: history.name };
    }
    this.changed();
  }

  /** Shows a recording from a file. @throws Error if the file is not a recording. */
  openFile(text: string, name: string): void {
    const recording = parseRecording(text) as Recording;
    const mistake = findMistake(recording);
    if (mistake !== null) throw new Error(`this is not a recording of statevisor, of version 1: ${mistake}`);
    this.source = { kind: "file", name, note: recording.note ?? null };
    this.choice = { ...this.choice, cursor: null, notice: null };
    this.#show(History.fromRecording(recording), recording.recordedAt);
    this.#chooseFirst();
  }

  /** Back to what the server shows. */
  showLive(): void {
    if (this.#liveHistory === null) return location.reload();
    this.source = { kind: "live" };
    this.choice = { ...this.choice, cursor: null };
    this.#show(this.#liveHistory, this.#liveRun);
    this.#chooseFirst();
  }
}

function countServices({ live }: History): number {
  return live.rows.size;
}

export const store = new Store();

/** Draws a component again whenever anything has changed. */
export function useStore(): Store {
  const [, setTick] = useState(0);
  // Before the next frame: a page with its recording in it changes once, in the first.
  useLayoutEffect(() => store.subscribe(() => setTick((tick) => tick + 1)), []);
  return store;
}

/** Draws a component again every so often, while it is shown: for durations that grow. */
export function useTicks(everyMs: number): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
