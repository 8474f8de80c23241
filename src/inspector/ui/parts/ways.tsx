// Where a machine can go from its current states: by itself first, then what needs an event, with every guard.

import type { Chart, ChartEdge } from "../../shared/protocol.ts";
import type { ChartStep } from "../model/chart-steps.ts";
import { meaningOf } from "../model/event-words.ts";
import { useKept } from "../model/kept.ts";
import { SendButton, useSending } from "./send-event.tsx";

interface Props {
  readonly chart: Chart;
  readonly step: ChartStep;
  readonly path: string;
  /** Events can be sent to it. */
  readonly isSendable: boolean;
}

interface Way {
  readonly label: string;
  readonly event: string;
  readonly branches: readonly ChartEdge[];
}

export function Ways({ chart, step, path, isSendable }: Props) {
  const [isOpen, setOpen] = useKept("ways", true);
  const { ask, question, said } = useSending(path);
  const ways = waysFrom(chart, step);
  if (ways.length === 0) return question;
  return (
    <>
      {question}
      <details
        class="ways wide-only"
        open={isOpen}
        onToggle={(event) => event.currentTarget.open !== isOpen && setOpen(event.currentTarget.open)}
      >
        <summary>
          From here{" "}
          <span class="muted">
            {ways.length === 1 ? "one way" : `${ways.length} ways`}, what happens by itself first
          </span>
          {said !== null && (
            <span class="muted" role="status">
              {" "}
              · {said}
            </span>
          )}
        </summary>
        <ul tabIndex={0} aria-label="Ways from here">
          {ways.map(({ label, event, branches }) => (
            <li key={label}>
              <span class="event">
                <code class={isByItself(event) ? "alone" : ""}>{label}</code>
                {isSendable && ask !== null && hasName(event) && <SendButton path={path} type={event} onSend={ask} />}
                <span class="muted meaning">{meaningOf(event)}</span>
              </span>
              <span class="branches">
                {branches.map(({ guard, target, internal, actions }) => (
                  <span key={`${guard} ${target} ${actions}`}>
                    {guard !== null && <code class="muted">[{guard}] </code>}
                    {internal ? `stays: ${actions.join(", ")}` : `→ ${target.replace(/^lifecycle\.|^health\./, "")}`}
                  </span>
                ))}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

function hasName(event: string): boolean {
  return !isByItself(event) && !event.includes("*");
}

/** The transitions from the current states, by event; those that need nobody's hand first. */
function waysFrom(chart: Chart, step: ChartStep): readonly Way[] {
  const byLabel = new Map<string, { label: string; event: string; branches: ChartEdge[] }>();
  for (const edge of chart.edges) {
    if (!step.active.has(edge.source)) continue;
    const way = byLabel.get(edge.label) ?? { label: edge.label, event: edge.event, branches: [] };
    way.branches.push(edge);
    byLabel.set(edge.label, way);
  }
  return [...byLabel.values()].sort((a, b) => Number(isByItself(b.event)) - Number(isByItself(a.event)));
}

/** After a time, at once, or when an actor that it runs is done. */
function isByItself(event: string): boolean {
  return event === "" || event.startsWith("xstate.");
}
