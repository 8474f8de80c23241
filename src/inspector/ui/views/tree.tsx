// The tree: every supervisor and service with its state, since when, its restarts, and the reason if it is not well.

import { useExplanations } from "../model/explained.ts";
import { formatBriefly, formatClock, formatDuration, nameOf } from "../model/format.ts";
import { focusView } from "../model/keys.ts";
import { type Problems, problemsOf } from "../model/problems.ts";
import { messageOf, type Scene, toNext, toReason } from "../model/sentence.ts";
import { store, useStore, useTicks } from "../model/store.ts";
import { looks, toneOf } from "../model/tones.ts";
import { type TreeLine, toLines } from "../model/tree.ts";
import { StateLabel } from "../parts/badge.tsx";
import { Icon } from "../parts/icon.tsx";
import { LaneCanvas } from "../parts/lane-canvas.tsx";
import { NothingFound } from "../parts/nothing-found.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";
import { onTreeKey, useFolding } from "./tree-rows.tsx";

/** On a phone the reason stands below the name. */
const rowHeight = matchMedia("(max-width: 720px)").matches ? 40 : 30;
const latelyMs = 60_000;
/** Of how many roles of a cluster it is shown where they run. */
const mostRoles = 50;

export function TreeView() {
  const { history, tree, choice } = useStore();
  useTicks(1_000);
  const { collapsed, toggle, foldOnly } = useFolding();
  const moment = history!.at(choice.cursor);
  const scene: Scene = { tree: tree!, moment, now: store.shownNow };
  const problems = problemsOf(tree!, moment);
  const lines = toLines(tree!, moment, collapsed, choice.query);
  const selected = lines.findIndex(({ node }) => node.path === choice.selected);
  const roles = [...tree!.nodes.values()].filter(({ spec }) => spec !== null && "isRole" in spec).slice(0, mostRoles);
  const notes = new Map(useExplanations(roles.map(({ path }) => path)).map(({ path, note }) => [path, note ?? ""]));
  const supervisors = [...tree!.nodes.values()].filter(({ children, depth }) => children !== null && depth > 0);
  return (
    <div
      class="tree fill"
      role="treegrid"
      data-keys
      aria-label="Supervisors and services"
      aria-rowcount={lines.length + 1}
      aria-activedescendant={selected === -1 ? undefined : `row-${choice.selected}`}
      tabIndex={0}
      onKeyDown={(event) => onTreeKey(event, lines, toggle)}
    >
      <div role="rowgroup">
        <div class="tree-head" role="row" aria-rowindex={1}>
          <span role="columnheader" class="name-head">
            Service
            {supervisors.length > 1 && choice.query === "" && (
              <FoldButtons
                isFolded={collapsed.size > 0}
                onFold={() =>
                  foldOnly(supervisors.filter(({ path }) => !problems.culprits.has(path)).map(({ path }) => path))
                }
                onUnfold={() => foldOnly([])}
              />
            )}
          </span>
          <span role="columnheader">State</span>
          <span role="columnheader" class="number since">
            Since
          </span>
          <span role="columnheader" class="number restarts">
            Restarts
          </span>
          <span role="columnheader" class="number failures" title="Failures in a row">
            Failures
          </span>
          <span role="columnheader" class="lately">
            Last minute
          </span>
          <span role="columnheader" class="note">
            Why, and what next
          </span>
        </div>
      </div>
      <div class="tree-body" role="presentation">
        <VirtualList role="rowgroup" count={lines.length} rowHeight={rowHeight} reveal={selected}>
          {(index) => (
            <Line
              key={lines[index]!.node.path}
              line={lines[index]!}
              index={index}
              scene={scene}
              problems={problems}
              role={notes.get(lines[index]!.node.path) ?? lines[index]!.row?.note ?? ""}
              isSelected={index === selected}
              onToggle={toggle}
            />
          )}
        </VirtualList>
        {lines.length === 0 && <NothingFound />}
      </div>
    </div>
  );
}

function FoldButtons({ isFolded, onFold, onUnfold }: { isFolded: boolean; onFold: () => void; onUnfold: () => void }) {
  return isFolded ? (
    <button type="button" class="quiet tiny" tabIndex={-1} onClick={onUnfold}>
      unfold all
    </button>
  ) : (
    <button
      type="button"
      class="quiet tiny"
      tabIndex={-1}
      title="Fold every supervisor without trouble"
      onClick={onFold}
    >
      fold what is well
    </button>
  );
}

interface LineProps {
  line: TreeLine;
  index: number;
  scene: Scene;
  problems: Problems;
  /** Where the role of a cluster runs that this service stands for. */
  role: string;
  isSelected: boolean;
  onToggle: (path: string) => void;
}

function Line({ line: { node, row, isOpen }, index, scene, problems, role, isSelected, onToggle }: LineProps) {
  const { path, depth, children } = node;
  const { now } = scene;
  const isSupervisor = children !== null;
  const tone = toneOf(row);
  const detail = row?.state === "starting" && tone === "starting" ? (row.phase ?? undefined) : undefined;
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
      onDblClick={() => {
        store.choose({ selected: path, view: "chart" });
        focusView();
      }}
    >
      <span role="gridcell" class="name" style={{ paddingLeft: `min(8px + ${depth} * var(--indent), 45%)` }}>
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
        <StateLabel tone={tone} detail={detail} />
      </span>
      <span
        role="gridcell"
        class={`number since ${tone === "running" ? "muted" : ""}`}
        title={row === undefined ? "" : `since ${formatClock(row.since + store.history!.wallOffset)}`}
      >
        {row === undefined ? "–" : formatBriefly(now - (store.history!.lanes.downSince(path, now) ?? row.since))}
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
      <Note path={path} scene={scene} culprit={problems.culprits.get(path) ?? null} role={role} />
    </div>
  );
}

/** Why a service is not well and what comes next; of one that is well, its last error, with its age. */
function Note({ path, scene, culprit, role }: { path: string; scene: Scene; culprit: string | null; role: string }) {
  const row = scene.moment.rows.get(path);
  const tone = toneOf(row);
  const reason = toReason(path, scene, culprit);
  const next = tone === "backoff" || tone === "failed" ? toNext(path, scene) : "";
  const text = [next, reason].filter(Boolean).join(" · ") || role;
  if (text === "" && row?.error != null && row.state === "running") {
    const ago = formatDuration(scene.now - (row.startedAt ?? row.since));
    const old = `up again for ${ago} after: ${messageOf(path, row.error)}`;
    return (
      <span role="gridcell" class="note muted old" title={old}>
        {old}
      </span>
    );
  }
  return (
    <span role="gridcell" class={`note ${looks[tone].isBad ? "" : "muted"}`} title={text}>
      {tone === "backoff" ? <b>{next}</b> : reason}
      {next !== "" && reason !== "" && " · "}
      {tone === "backoff" ? reason : next}
      {text === role && role}
    </span>
  );
}
