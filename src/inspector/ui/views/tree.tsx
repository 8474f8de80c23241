// The tree: every supervisor and service with its state, health, restarts and reason.

import type { Row } from "../../shared/protocol.ts";
import { formatDuration, nameOf } from "../model/format.ts";
import { store, useStore, useTicks } from "../model/store.ts";
import { toneOf } from "../model/tones.ts";
import { type TreeLine, toLines } from "../model/tree.ts";
import { StateLabel } from "../parts/badge.tsx";
import { Icon } from "../parts/icon.tsx";
import { LaneCanvas } from "../parts/lane-canvas.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";
import { onTreeKey, useFolding } from "./tree-rows.tsx";

const rowHeight = 30;
const latelyMs = 60_000;

export function TreeView() {
  const { history, tree, choice } = useStore();
  useTicks(1_000);
  const { collapsed, toggle } = useFolding();
  const moment = history!.at(choice.cursor);
  const now = choice.cursor === null ? history!.now() : moment.at;
  const lines = toLines(tree!, moment, collapsed, choice.query);
  const selected = lines.findIndex(({ node }) => node.path === choice.selected);
  return (
    <div
      class="tree fill"
      role="treegrid"
      aria-label="Supervisors and services"
      aria-rowcount={lines.length + 1}
      aria-activedescendant={selected === -1 ? undefined : `row-${choice.selected}`}
      tabIndex={0}
      onKeyDown={(event) => onTreeKey(event, lines, toggle)}
    >
      <div role="rowgroup">
        <div class="tree-head" role="row" aria-rowindex={1}>
          <span role="columnheader">Service</span>
          <span role="columnheader">State</span>
          <span role="columnheader" class="health">
            Health
          </span>
          <span role="columnheader" class="number uptime">
            Uptime
          </span>
          <span role="columnheader" class="number restarts">
            Restarts
          </span>
          <span role="columnheader" class="number failures">
            Failures
          </span>
          <span role="columnheader" class="lately">
            Last minute
          </span>
          <span role="columnheader" class="note">
            Note
          </span>
        </div>
      </div>
      <div class="tree-body" role="rowgroup">
        <VirtualList count={lines.length} rowHeight={rowHeight} reveal={selected}>
          {(index) => (
            <Line
              key={lines[index]!.node.path}
              line={lines[index]!}
              index={index}
              now={now}
              isSelected={index === selected}
              onToggle={toggle}
            />
          )}
        </VirtualList>
        {lines.length === 0 && <p class="empty">Nothing fits “{choice.query}”.</p>}
      </div>
    </div>
  );
}

interface LineProps {
  line: TreeLine;
  index: number;
  now: number;
  isSelected: boolean;
  onToggle: (path: string) => void;
}

function Line({ line: { node, row, isOpen }, index, now, isSelected, onToggle }: LineProps) {
  const { path, depth, children } = node;
  const isSupervisor = children !== null;
  const note = noteOf(row, now);
  return (
    <div
      class={`tree-row ${isSelected ? "selected" : ""}`}
      role="row"
      id={`row-${path}`}
      aria-level={depth + 1}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      aria-expanded={isOpen ?? undefined}
      tabIndex={-1}
      onClick={() => store.choose({ selected: path, areDetailsOpen: true })}
      onDblClick={() => store.choose({ selected: path, view: "chart" })}
    >
      <span role="gridcell" class="name" style={{ paddingLeft: `calc(8px + ${depth} * var(--indent))` }}>
        {isSupervisor ? (
          <button
            type="button"
            class="fold"
            tabIndex={-1}
            aria-label={`${isOpen ? "Fold" : "Unfold"} ${node.name}`}
            onClick={(event) => {
              event.stopPropagation();
              onToggle(path);
            }}
          >
            <Icon name={isOpen ? "down" : "open"} />
          </button>
        ) : (
          <span class="leaf" />
        )}
        <span class={isSupervisor ? "supervisor" : ""} title={path}>
          {nameOf(path)}
        </span>
        {isSupervisor && <span class="muted count">{children.length}</span>}
      </span>
      <span role="gridcell">
        <StateLabel tone={toneOf(row)} detail={detailOf(row)} />
      </span>
      <span role="gridcell" class="health">
        {row?.health ?? (row?.state === "running" ? (row.phase === "healthy" ? "healthy" : "unhealthy") : "–")}
      </span>
      <span role="gridcell" class="number uptime">
        {row?.startedAt == null ? "–" : formatDuration(now - row.startedAt)}
      </span>
      <span role="gridcell" class={`number restarts ${row?.restarts ? "" : "muted"}`}>
        {row?.restarts ?? 0}
      </span>
      <span role="gridcell" class={`number failures ${row?.failures ? "" : "muted"}`}>
        {row?.failures ?? 0}
      </span>
      <span role="gridcell" class="lately">
        <LaneCanvas
          lane={store.history!.lanes.lanes.get(path)}
          from={now - latelyMs}
          to={now}
          now={now}
          cursor={null}
          width={112}
          height={18}
          isBare
        />
      </span>
      <span role="gridcell" class="note muted" title={note}>
        {note}
      </span>
    </div>
  );
}

type Shown = TreeLine["row"];

function detailOf(row: Shown): string | undefined {
  return row?.state === "starting" && row.phase !== "waiting" ? (row.phase ?? undefined) : undefined;
}

function noteOf(row: Shown, now: number): string {
  if (row === undefined) return "";
  if (row.nextAttemptAt !== null && row.state === "backoff") {
    return `again in ${formatDuration(row.nextAttemptAt - now)}: ${messageOf(row, row.error)}`;
  }
  if (row.phase === "held") return "restarts with its group";
  const error = row.unhealthy ?? row.error;
  return messageOf(row, error);
}

/** The message without the path at its beginning, which stands in the same line. */
function messageOf(row: Row, error: Row["error"]): string {
  return error === null ? "" : error.message.replaceAll(`${row.path}: `, "");
}
