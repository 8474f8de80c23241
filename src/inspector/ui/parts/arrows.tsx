// The arrows between lanes: from a failure to what went down with it.

import type { Incident } from "../model/incidents.ts";
import { store } from "../model/store.ts";
import type { TreeLine } from "../model/tree.ts";
import { ArrowHeads } from "./arrow-heads.tsx";
import type { LaneFrame } from "./lane-row.tsx";

/** How many incidents have arrows, and how many each: the newest. */
const [mostIncidents, mostArrows] = [40, 24];

interface Props {
  readonly lines: readonly TreeLine[];
  readonly frame: LaneFrame;
  readonly rowHeight: number;
}

export function Arrows({ lines, frame, rowHeight }: Props) {
  const { shown, labelWidth, laneWidth } = frame;
  const incidents = incidentsIn(shown.from, shown.to);
  if (incidents.length === 0) return null;
  const rows = new Map(lines.map(({ node }, index) => [node.path, index]));
  const xOf = (at: number) => labelWidth + ((at - shown.from) / shown.span) * laneWidth;
  const paths = incidents.flatMap((incident) => {
    const source = rows.get(incident.path);
    if (source === undefined) return [];
    const isChosen = incident.touched.has(store.choice.selected ?? "");
    return [...incident.touched]
      .slice(1, mostArrows)
      .filter(([, { at }]) => at <= shown.to)
      .flatMap(([path, { at, n }]) => {
        const target = rows.get(path);
        if (target === undefined) return [];
        const d = toCurve(xOf(incident.from), source, xOf(at), target, rowHeight);
        return [
          <path key={`${incident.n} ${n}`} class={isChosen ? "chosen" : ""} d={d} marker-end="url(#arrow-flow)" />,
        ];
      });
  });
  return (
    <svg class="flows" aria-hidden="true">
      <ArrowHeads kinds={["flow"]} size={7} />
      {paths}
    </svg>
  );
}

function incidentsIn(from: number, to: number): Incident[] {
  const { all } = store.history!.incidents;
  const found: Incident[] = [];
  for (let i = all.length - 1; i >= 0 && found.length < mostIncidents; i--) {
    const incident = all[i]!;
    if (incident.from < from) break;
    if (incident.from <= to && incident.touched.size > 1) found.push(incident);
  }
  return found;
}

/** From the lower or upper edge of one lane to that of another, bowed to the right. */
function toCurve(x1: number, source: number, x2: number, target: number, rowHeight: number): string {
  const down = target > source;
  const y1 = source * rowHeight + (down ? rowHeight - 6 : 8);
  const y2 = target * rowHeight + (down ? 6 : rowHeight - 4);
  const bow = Math.max(x1, x2) + 10 + Math.min(26, Math.abs(y2 - y1) / 10);
  return `M${x1.toFixed(1)} ${y1}C${bow.toFixed(1)} ${y1} ${bow.toFixed(1)} ${y2} ${x2.toFixed(1)} ${y2}`;
}
