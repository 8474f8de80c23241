// help-text.ts: the text of the help page: the keys of the live view, and what each does.

import type { Style } from "../print/style.ts";
import { lengthOf } from "../print/table.ts";
import { type Binding, commonKeys, listKeys, pageKeys, terminalKeys } from "./keys.ts";

export function helpText(ownsTree: boolean, style: Style): string[] {
  const quit = ownsTree ? "stop all services, after a second q" : "leave; the services run on";
  const interrupt = ownsTree ? "stop all services; again: kill what is left" : "leave; the services run on";
  const own: Record<string, string> = { quit, interrupt };
  const section = (title: string, bindings: readonly Binding<string>[]) => {
    const rows = bindings.filter(({ shown }) => shown !== "");
    const width = Math.max(...rows.map(({ shown }) => lengthOf(shown)));
    return [
      style("bold", title),
      ...rows.map(({ shown, help, action }) => `  ${shown.padEnd(width)}  ${own[action] ?? help}`),
      "",
    ];
  };
  return [
    ...section("In the list", listKeys),
    ...section("On a page of text", pageKeys),
    ...section("Always", [...commonKeys, ...terminalKeys]),
    "statevisor up --plain prints lines alone, and takes no keys.",
  ];
}
