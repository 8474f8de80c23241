// keys.ts: the keys of the live view, as tables: what each does, and the words for the help page and the line of hints.

import type { Key } from "node:readline";

export type ListAction =
  | "previous"
  | "next"
  | "first"
  | "last"
  | "restart"
  | "toggle"
  | "logs"
  | "explain"
  | "filter"
  | "help"
  | "clear"
  | "quit";
export type PageAction =
  | "lineUp"
  | "lineDown"
  | "pageUp"
  | "pageDown"
  | "begin"
  | "end"
  | "search"
  | "nextMatch"
  | "previousMatch"
  | "back";
export interface Binding<Action> {
  readonly action: Action;
  /** The names of keys, as `toKeyName` makes them. */
  readonly keys: readonly string[];
  /** How the keys are written for people. */
  readonly shown: string;
  readonly help: string;
  /** For the line of hints; bindings without one are on the help page alone. */
  readonly hint?: string;
}

/** In the order of the hints: what a narrow terminal has no room for comes last. */
export const listKeys: readonly Binding<ListAction>[] = [
  { action: "help", keys: ["?", "h"], shown: "?", help: "this page", hint: "? help" },
  { action: "quit", keys: ["q"], shown: "q", help: "", hint: "q quit" },
  { action: "next", keys: ["down", "j"], shown: "↑↓ j k", help: "select a service", hint: "↑↓ move" },
  { action: "previous", keys: ["up", "k"], shown: "", help: "" },
  { action: "restart", keys: ["r"], shown: "r", help: "restart the service", hint: "r restart" },
  { action: "toggle", keys: ["s"], shown: "s", help: "stop the service, or start it", hint: "s stop/start" },
  {
    action: "logs",
    keys: ["l", "return"],
    shown: "l",
    help: "its output, or without a selection that of all",
    hint: "l logs",
  },
  { action: "explain", keys: ["e"], shown: "e", help: "why it is in its state", hint: "e explain" },
  { action: "filter", keys: ["/"], shown: "/", help: "show services whose name holds a text", hint: "/ filter" },
  { action: "first", keys: ["g", "home"], shown: "g G", help: "the first service, the last" },
  { action: "last", keys: ["G", "end"], shown: "", help: "" },
  { action: "clear", keys: ["escape"], shown: "Esc", help: "no selection, no filter" },
];

export const pageKeys: readonly Binding<PageAction>[] = [
  { action: "back", keys: ["q", "escape"], shown: "q", help: "back to the list", hint: "q back" },
  { action: "search", keys: ["/"], shown: "/", help: "search; capitals in the text make case count", hint: "/ search" },
  { action: "nextMatch", keys: ["n"], shown: "n N", help: "the next match, the one before", hint: "n next" },
  { action: "previousMatch", keys: ["N"], shown: "", help: "" },
  { action: "lineDown", keys: ["down", "j", "return"], shown: "↑↓ j k", help: "a line" },
  { action: "lineUp", keys: ["up", "k"], shown: "", help: "" },
  { action: "pageDown", keys: ["pagedown", "space", "ctrl-f"], shown: "PgUp PgDn", help: "a page (Space, b, too)" },
  { action: "pageUp", keys: ["pageup", "b", "ctrl-b"], shown: "", help: "" },
  {
    action: "begin",
    keys: ["g", "home"],
    shown: "g G",
    help: "the beginning; the end, which follows",
    hint: "g/G begin/end",
  },
  { action: "end", keys: ["G", "end"], shown: "", help: "" },
];

/** In the list and on a page. */
export const commonKeys: readonly Binding<"redraw">[] = [
  { action: "redraw", keys: ["ctrl-l"], shown: "Ctrl-L", help: "draw the screen again" },
];

/** The keys that the terminal acts on, for the help page. */
export const terminalKeys: readonly Binding<"interrupt" | "suspend" | "pause">[] = [
  { action: "interrupt", keys: [], shown: "Ctrl-C", help: "" },
  { action: "suspend", keys: [], shown: "Ctrl-Z", help: "suspend this command; the services run on" },
  { action: "pause", keys: [], shown: "Ctrl-S", help: "hold the screen; Ctrl-Q goes on" },
];

/** The hints that fit. */
export function formatHints(bindings: readonly Binding<string>[], width: number): string {
  let line = "";
  for (const { hint } of bindings) {
    if (hint === undefined) continue;
    const longer = line === "" ? hint : `${line}  ${hint}`;
    if (longer.length > width) break;
    line = longer;
  }
  return line;
}

export function actionOf<Action>(bindings: readonly Binding<Action>[], key: string): Action | undefined {
  return bindings.find(({ keys }) => keys.includes(key))?.action;
}

/** "a", "G", "space", "pagedown", "ctrl-c"; a key that has no name is "". */
export function toKeyName(text: string | undefined, { name, ctrl, meta }: Key): string {
  if (ctrl) return name === undefined ? "" : `ctrl-${name}`;
  if (text !== undefined && isPrintable(text) && text !== " " && !meta) return text;
  return name === "enter" ? "return" : (name ?? "");
}

/** A single character, or several that were pasted. */
function isPrintable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is not printable
  return text !== "" && !/[\u0000-\u001f\u007f-\u009f]/.test(text);
}
