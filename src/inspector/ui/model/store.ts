// store.ts: the state of the page: the history, what of it is shown, and what the user has chosen.

import { useEffect, useState } from "preact/hooks";
import { findMistake } from "../../shared/find-mistake.ts";
import type { Events, Recording, Session } from "../../shared/protocol.ts";
import { Connection, type ConnectionState, keepToken, takeToken } from "./connection.ts";
import { History } from "./history.ts";
import { Player } from "./player.ts";
import { type TreeModel, toTree } from "./tree.ts";

export const views = ["tree", "chart", "dependencies", "timeline", "sequence", "log"] as const;
export type View = (typeof views)[number];
export type Theme = "auto" | "light" | "dark";

export interface Choice {
  view: View;
  /** The path of the selected service. */
  selected: string | null;
  /** The number of the fact after which the page is shown; null is now. */
  cursor: number | null;
  query: string;
  theme: Theme;
  isHelpOpen: boolean;
  areDetailsOpen: boolean;
  notice: string | null;
}

export class Store {
  connection: Connection | null = null;
  connectionState: ConnectionState = "connecting";
  session: Session | null = null;
  history: History | null = null;
  /** The facts of the snapshot are still coming in, up to this one. */
  loadingTo = 0;
  /** A recording from a file is shown instead of this history. */
  #liveHistory: History | null = null;
  fileName: string | null = null;
  choice: Choice = {
    view: "tree",
    selected: null,
    cursor: null,
    query: "",
    theme: readTheme(),
    isHelpOpen: false,
    areDetailsOpen: hasRoomForDetails(),
    notice: null,
  };
  readonly player = new Player(
    () => this.history,
    () => this.choice.cursor,
    (n) => this.goTo(n),
    () => this.changed(),
  );
  readonly #listeners = new Set<() => void>();
  #isPlanned = false;
  #tree: TreeModel | null = null;

  get tree(): TreeModel | null {
    if (this.history === null) return null;
    if (this.#tree?.description !== this.history.tree) this.#tree = toTree(this.history.tree);
    return this.#tree;
  }

  get isLive(): boolean {
    return this.fileName === null && this.session?.mode === "live";
  }

  choose(choice: Partial<Choice>): void {
    this.choice = { ...this.choice, ...choice };
    if (choice.theme !== undefined) keepTheme(choice.theme);
    this.changed();
  }

  select(path: string | null): void {
    this.choose({ selected: path });
  }

  /** Goes to a moment of the history; the last one is now. */
  goTo(n: number | null): void {
    const { history } = this;
    if (history === null) return;
    if (n === null) this.player.pause();
    const isEnd = n === null || (n >= history.head && this.isLive);
    this.choose({ cursor: isEnd ? null : Math.min(history.head, Math.max(history.first, n)) });
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
    this.connection?.close();
    if (given !== undefined) keepToken(given);
    const token = given ?? takeToken();
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
    const session = await connection.session().catch(() => undefined);
    if (this.connection !== connection) return;
    if (session === undefined) {
      this.connectionState = "lost";
      setTimeout(() => this.connection === connection && this.connect(), 1_000);
      return this.changed();
    }
    if (session === null) {
      this.connectionState = "denied";
      return this.changed();
    }
    this.session = session;
    if (session.mode === "recording") {
      this.history = History.fromRecording(await connection.recording());
      this.connectionState = "closed";
      this.#chooseFirst();
      return;
    }
    connection.follow();
  }

  #take<Name extends keyof Events>(name: Name, data: Events[Name]): void {
    if (name === "snapshot") {
      const snapshot = data as Events["snapshot"];
      this.loadingTo = snapshot.head;
      const history = new History(snapshot, true);
      if (this.fileName === null) this.history = history;
      this.#liveHistory = history;
      this.choice = { ...this.choice, cursor: null };
      this.#chooseFirst();
    }
    const history = this.#liveHistory;
    if (history === null) return;
    if (name === "entries") {
      const { entries, now } = data as Events["entries"];
      history.add(entries, now);
    }
    if (name === "tree") history.tree = (data as Events["tree"]).tree;
    if (name === "charts") Object.assign(history.charts, (data as Events["charts"]).charts);
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
    const recording: Recording = JSON.parse(text);
    const mistake = findMistake(recording);
    if (mistake !== null) throw new Error(`this is not a recording of statevisor, of version 1: ${mistake}`);
    this.history = History.fromRecording(recording);
    this.fileName = name;
    this.choice = { ...this.choice, cursor: null, selected: recording.name, notice: null };
    this.changed();
  }

  closeFile(): void {
    this.history = this.#liveHistory;
    this.fileName = null;
    this.choice = { ...this.choice, cursor: null };
    this.#chooseFirst();
  }
}

export const store = new Store();

/** Draws a component again whenever anything has changed. */
export function useStore(): Store {
  const [, setTick] = useState(0);
  useEffect(() => store.subscribe(() => setTick((tick) => tick + 1)), []);
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

/** On a phone the details cover the view: there they are opened by hand. */
function hasRoomForDetails(): boolean {
  return typeof innerWidth !== "number" || innerWidth > 720;
}

function readTheme(): Theme {
  try {
    const theme = localStorage.getItem("statevisor-theme");
    return theme === "light" || theme === "dark" ? theme : "auto";
  } catch {
    return "auto";
  }
}

function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem("statevisor-theme", theme);
  } catch {
    // The theme lasts until the page is loaded again.
  }
}
