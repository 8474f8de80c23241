// lines.ts: the lines of `up`: output and changes, each behind the name of its service in the colour of the service.

import type { JournalLine } from "../journal.ts";
import type { Change } from "./changes.ts";
import { formatTime, plural, withoutRoot } from "./format.ts";
import { harmless } from "./harmless.ts";
import { colourAt, colourOf, type Style } from "./style.ts";

export interface LineFormat {
  output(line: JournalLine, style: Style): string;
  change(change: Change, time: number, style: Style): string;
  notice(text: string, time: number, style: Style): string;
  /** Stands for lines that were left out, since the reader was slow. */
  dropped(count: number, time: number, style: Style): string;
}

/** A tree, as described or as reported: its names are what the format needs. */
export interface NamedTree {
  readonly name: string;
  readonly services: readonly {
    readonly path: string;
    readonly name: string;
    readonly services?: NamedTree["services"] | undefined;
  }[];
}

/** Each line begins with the time of day. */
export function createLineFormat(tree: NamedTree): LineFormat {
  const names = namesOf(tree);
  const width = Math.min(24, Math.max(0, ...names.map((name) => name.length)));
  const places = new Map(names.map((name, place) => [name, place]));

  /** A service that came later, with a new config, has no place. */
  function colourFor(name: string) {
    const place = places.get(name);
    return place === undefined ? colourOf(name) : colourAt(place);
  }

  function line(path: string, time: number, mark: string, text: string, style: Style): string {
    const name = withoutRoot(path);
    return `${style("dim", formatTime(time))} ${style(colourFor(name), name.padEnd(width))} ${mark} ${text}`;
  }

  return {
    output({ path, time, stream, level, text }, style) {
      const isWrong = stream === "stderr" || level === "error" || level === "warn";
      const mark = style(isWrong ? "red" : "dim", stream === "tree" ? "!" : "│");
      return line(path === "" ? tree.name : path, time, mark, harmless(text, style.hasColors), style);
    },
    change({ path, sign, colour, text, below = [] }, time, style) {
      const first = line(path, time, style(colour, sign), style(colour, harmless(text, false)), style);
      const rest = below.map((said) =>
        line(path, time, style("red", "┆"), style("dim", harmless(said, style.hasColors)), style),
      );
      return [first, ...rest].join("\n");
    },
    notice: (text, time, style) => line(tree.name, time, style("bold", "▪"), harmless(text, false), style),
    dropped(count, time, style) {
      const text = `${plural(count, "line")} left out: they came faster than they were read`;
      return line(tree.name, time, style("yellow", "…"), style("yellow", text), style);
    },
  };
}

function namesOf({ name, services }: NamedTree): string[] {
  return [
    name,
    ...services.flatMap((child) => [
      withoutRoot(child.path),
      ...(child.services ? namesOf({ name: child.name, services: child.services }) : []),
    ]),
  ];
}
