// The newest output of a service at a moment.

import type { Moment } from "../../shared/history.ts";
import type { Entry } from "../../shared/protocol.ts";
import { formatClock } from "../model/format.ts";
import type { History } from "../model/history.ts";
import { isBadLine } from "../model/lanes.ts";
import { store } from "../model/store.ts";

/** How many lines are shown, and how many facts are searched for them. */
const [mostLines, farthest] = [14, 8_000];

type Output = Extract<Entry, { kind: "output" }>;

export function OutputTail({ path, moment }: { path: string; moment: Moment }) {
  const facts = tailOf(store.history!, path, moment.n);
  if (facts.length === 0) return null;
  const lines = facts.flatMap(({ at, n, lines }) => lines.map((line) => ({ ...line, at, n }))).slice(-mostLines);
  const newest = facts.at(-1)!;
  return (
    <section>
      <h3>
        Output <span class="when">until {formatClock(newest.at + store.history!.wallOffset)}</span>
      </h3>
      <pre class="output" tabIndex={0}>
        {lines.map((line, index) => (
          <span key={`${line.n} ${index}`} class={isBadLine(line) ? "bad" : ""}>
            {line.text}
            {"\n"}
          </span>
        ))}
      </pre>
      <button
        type="button"
        class="quiet tiny"
        onClick={() => store.choose({ view: "log", query: path.slice(path.lastIndexOf("/") + 1) })}
      >
        all of it in the log
      </button>
    </section>
  );
}

/** The facts of the newest output, oldest first. */
function tailOf(history: History, path: string, from: number): Output[] {
  const found: Output[] = [];
  if (!history.lanes.lanes.get(path)?.output.length) return found;
  let lines = 0;
  for (let n = from; n > history.first && n > from - farthest && lines < mostLines; n--) {
    const entry = history.entry(n);
    if (entry?.kind !== "output" || entry.path !== path) continue;
    found.unshift(entry);
    lines += entry.lines.length;
  }
  return found;
}
