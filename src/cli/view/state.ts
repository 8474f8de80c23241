// state.ts: what the live view shows and how keys change it: a pure function from a state and a key to a state and effects.

import { actionOf, commonKeys, type ListAction, listKeys, type PageAction, pageKeys } from "./keys.ts";
import { findMatch } from "./search.ts";

/** A full screen of text. */
export interface Page {
  readonly kind: "logs" | "explain" | "help";
  /** The service that it is about; null: all of them. */
  readonly path: string | null;
  /** The first line that is shown; null: the newest lines are, and those that come. */
  readonly top: number | null;
  readonly search: string;
  /** The line of the current match. */
  readonly match: number | null;
}

export interface ViewState {
  readonly selected: string | null;
  /** The list shows the services whose name holds this. */
  readonly filter: string;
  /** A text that is being typed. */
  readonly prompt: { readonly for: "filter" | "search"; readonly text: string } | null;
  readonly page: Page | null;
  /** What came of the last action, or why a key did nothing. */
  readonly message: string | null;
  /** `q` was pressed, which needs a second one to stop the tree. */
  readonly isLeaving: boolean;
}

export const initialState: ViewState = {
  selected: null,
  filter: "",
  prompt: null,
  page: null,
  message: null,
  isLeaving: false,
};

export type Effect =
  | { readonly type: "change"; readonly verb: "start" | "stop" | "restart"; readonly path: string }
  | { readonly type: "open"; readonly page: Page }
  | { readonly type: "close" }
  /** Leaves an attached tree, or stops one that this process runs. */
  | { readonly type: "leave" }
  | { readonly type: "redraw" };
/** What keys need to know beside the state. */
export interface Surroundings {
  /** Whether leaving the view stops the tree. */
  readonly ownsTree: boolean;
  readonly isStopping: boolean;
  /** The services in the order of the list, filtered. */
  readonly rows: readonly { readonly path: string; readonly isOn: boolean }[];
  /** The lines of the page, how many fit on it, and the first of the last ones that do. */
  readonly lines: readonly string[];
  readonly height: number;
  readonly lastTop: number;
}

type Step = readonly [state: ViewState, ...effects: Effect[]];

/** `key`: its name, as `toKeyName` makes it. */
export function step(before: ViewState, key: string, around: Surroundings): Step {
  if (key === "") return [before];
  // A service that is not in the list, any more or with this filter, is not what a key is meant for.
  const selected = around.rows.some(({ path }) => path === before.selected) ? before.selected : null;
  const state = { ...before, selected, message: null, isLeaving: false };
  if (actionOf(commonKeys, key) === "redraw") return [state, { type: "redraw" }];
  if (state.prompt !== null) return typeInto(state, state.prompt, key, around);
  if (state.page !== null) {
    const action = actionOf(pageKeys, key);
    return action === undefined ? [state] : turn(state, state.page, action, around);
  }
  const action = actionOf(listKeys, key);
  if (action === undefined) return [state];
  return onList[action]({ ...state, isLeaving: before.isLeaving && action === "quit" }, around);
}

const pageOf = (kind: Page["kind"], path: string | null): Page => ({
  kind,
  path,
  top: kind === "logs" ? null : 0,
  search: "",
  match: null,
});

const open = (state: ViewState, kind: Page["kind"], path: string | null): Step => {
  const page = pageOf(kind, path);
  return [
    { ...state, page },
    { type: "open", page },
  ];
};

const onList: Readonly<Record<ListAction, (state: ViewState, around: Surroundings) => Step>> = {
  next: (state, { rows }) => [select(state, rows, (at) => (at === -1 ? 0 : at + 1))],
  previous: (state, { rows }) => [select(state, rows, (at) => (at === -1 ? rows.length - 1 : at - 1))],
  first: (state, { rows }) => [select(state, rows, () => 0)],
  last: (state, { rows }) => [select(state, rows, () => rows.length - 1)],
  restart: (state) => withSelected(state, (path) => [state, { type: "change", verb: "restart", path }]),
  toggle: (state, { rows }) =>
    withSelected(state, (path) => {
      const verb = rows.find((row) => row.path === path)?.isOn ? "stop" : "start";
      return [state, { type: "change", verb, path }];
    }),
  logs: (state) => open(state, "logs", state.selected),
  explain: (state) => withSelected(state, (path) => open(state, "explain", path)),
  help: (state) => open(state, "help", null),
  filter: (state) => [{ ...state, prompt: { for: "filter", text: state.filter } }],
  clear: (state) => [{ ...state, selected: null, filter: "" }],
  quit: (state, { ownsTree, isStopping }) => {
    if (ownsTree && isStopping) return [{ ...state, message: "stopping; Ctrl-C kills what is left" }];
    if (ownsTree && !state.isLeaving) return [{ ...state, isLeaving: true }];
    return [{ ...state, isLeaving: false }, { type: "leave" }];
  },
};

function withSelected(state: ViewState, then: (path: string) => Step): Step {
  return state.selected === null ? [{ ...state, message: "which service? ↑ and ↓ select one" }] : then(state.selected);
}

function select(state: ViewState, rows: Surroundings["rows"], toNext: (at: number) => number): ViewState {
  if (rows.length === 0) return { ...state, selected: null };
  const next = toNext(rows.findIndex(({ path }) => path === state.selected));
  return { ...state, selected: rows[clamp(next, rows.length - 1)]!.path };
}

function typeInto(
  state: ViewState,
  { for: what, text }: NonNullable<ViewState["prompt"]>,
  key: string,
  around: Surroundings,
): Step {
  const typed = textAfter(text, key);
  if (typed !== undefined) {
    const prompt = { for: what, text: typed };
    // A filter acts while it is typed.
    return [what === "filter" ? { ...state, prompt, filter: typed } : { ...state, prompt }];
  }
  if (key === "escape") return [{ ...state, prompt: null, ...(what === "filter" && { filter: "" }) }];
  if (key === "up" || key === "down")
    return what === "filter" ? onList[key === "up" ? "previous" : "next"](state, around) : [state];
  if (key !== "return") return [state];
  const ended = { ...state, prompt: null };
  if (what === "filter" || state.page === null) return [ended];
  const page = { ...state.page, search: text, match: null };
  return text === ""
    ? [{ ...ended, page }]
    : turn(ended, page, page.top === null ? "previousMatch" : "nextMatch", around);
}

/** The text after a key; undefined for a key that does not write. */
function textAfter(text: string, key: string): string | undefined {
  if (key === "backspace") return text.slice(0, -1);
  if (key === "ctrl-u") return "";
  if (key === "space") return `${text} `;
  return [...key].length === 1 ? text + key : undefined;
}

function turn(state: ViewState, page: Page, action: PageAction, around: Surroundings): Step {
  const { lastTop, height, lines } = around;
  const to = (top: number): Step => [{ ...state, page: { ...page, top: settle(page, top, lastTop) } }];
  const top = page.top ?? lastTop;
  const toMatch = (direction: 1 | -1): Step => {
    if (page.search === "") return [{ ...state, page, message: "no search: / begins one" }];
    const from = page.match ?? (page.top === null ? lines.length : page.top - 1);
    const found = findMatch(lines, page.search, from, direction);
    if (found === undefined) return [{ ...state, page, message: `not found: ${page.search}` }];
    return [
      {
        ...state,
        page: { ...page, match: found, top: Math.min(Math.max(0, found - Math.floor(height / 3)), lastTop) },
      },
    ];
  };
  const turns: Readonly<Record<PageAction, () => Step>> = {
    back: () => [{ ...state, page: null }, { type: "close" }],
    lineUp: () => to(top - 1),
    lineDown: () => to(top + 1),
    pageUp: () => to(top - Math.max(1, height - 2)),
    pageDown: () => to(top + Math.max(1, height - 2)),
    begin: () => to(0),
    end: () => to(Number.POSITIVE_INFINITY),
    search: () => [{ ...state, page, prompt: { for: "search", text: "" } }],
    nextMatch: () => toMatch(1),
    previousMatch: () => toMatch(-1),
  };
  return turns[action]();
}

/** Logs at their end follow what comes. */
function settle({ kind }: Page, top: number, lastTop: number): number | null {
  if (top >= lastTop && kind === "logs") return null;
  return clamp(top, lastTop);
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(0, value), Math.max(0, most));
}
