// The log: every fact in order, the facts of one cause as one line, with filters, a search and the details of one fact;
// exports and opens recordings.

import { useRef, useState } from "preact/hooks";
import { isWithin } from "../../shared/history.ts";
import type { Entry } from "../../shared/protocol.ts";
import { openFile, saveRecording } from "../model/file.ts";
import { countOf, endOfPath, formatTime } from "../model/format.ts";
import { describeIncident, type Incident, reasonOf } from "../model/incidents.ts";
import { useKept, useKeptSet } from "../model/kept.ts";
import { type FactLine, LogLines, lineAt } from "../model/log-lines.ts";
import { store, useStore } from "../model/store.ts";
import { describeEntry, fitsQuery, type Kind, kindsOf, toneOfEntry } from "../model/wording.ts";
import { Badge } from "../parts/badge.tsx";
import { Icon } from "../parts/icon.tsx";
import { Kinds } from "../parts/kinds.tsx";
import { NothingFound } from "../parts/nothing-found.tsx";
import { OneFact } from "../parts/one-fact.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";

export function LogView() {
  const { history, choice } = useStore();
  const [shown, setShown] = useKeptSet<Kind>("log-kinds", ["states", "health", "errors", "output"]);
  const [isOwn, setOwn] = useKept("log-own", false);
  const [isWanted, setGrouped] = useKept("log-grouped", true);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [chosen, setChosen] = useState<number | null>(null);
  const built = useRef(new LogLines());
  const only = isOwn ? choice.selected : null;
  // A search shows the facts that fit, each by itself.
  const isGrouped = isWanted && choice.query === "";
  const lines = built.current.update(history!, {
    key: [shown, only, choice.query],
    isGrouped,
    open,
    fits: (entry) =>
      kindsOf(entry).some((kind) => shown.has(kind)) &&
      (only === null || isWithin(entry.path, only)) &&
      fitsQuery(entry, choice.query),
  });
  const place = choice.cursor === null ? null : lineAt(lines, choice.cursor);
  const entry = chosen === null ? undefined : history!.entry(chosen);
  const choose = (n: number) => setChosen(n === chosen ? null : n);
  const toggle = (n: number) => {
    const next = new Set(open);
    if (!next.delete(n)) next.add(n);
    setOpen(next);
  };
  return (
    <>
      <div class="toolbar">
        <Kinds shown={shown} onChange={setShown} />
        <button
          type="button"
          aria-pressed={isWanted}
          title="The facts of one cause are one line"
          onClick={() => setGrouped(!isWanted)}
        >
          By cause
        </button>
        <button
          type="button"
          aria-pressed={isOwn}
          title="Only what concerns the selected service"
          onClick={() => setOwn(!isOwn)}
        >
          Selected
        </button>
        <span class="muted wide-only roomy">{countOf(built.current.facts, "fact")}</span>
        <span class="space" />
        <OpenButton />
        <button
          type="button"
          disabled={!history!.isCaughtUp}
          title={history!.isCaughtUp ? "Save these facts as a file" : "The facts before are on their way"}
          onClick={() => saveRecording(history!.toRecording())}
        >
          Export
        </button>
      </div>
      <div
        class="log fill"
        role="listbox"
        data-keys
        aria-label="Facts"
        tabIndex={0}
        aria-activedescendant={chosen === null ? undefined : `fact-${chosen}`}
        onKeyDown={(event) => {
          const line = chosen === null ? undefined : lines[lineAt(lines, chosen)];
          const cause = chosen === null ? undefined : history!.incidents.of(chosen);
          const isFold = event.key === (cause !== undefined && open.has(cause.n) ? "ArrowLeft" : "ArrowRight");
          if (isFold && line !== undefined && cause !== undefined) toggle(cause.n);
          const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (by === 0) return;
          event.preventDefault();
          const index = chosen === null ? lines.length - 1 : lineAt(lines, chosen) + by;
          const next = lines[Math.min(lines.length - 1, Math.max(0, index))];
          if (next !== undefined) setChosen(next.n);
        }}
      >
        <VirtualList
          role="group"
          count={lines.length}
          rowHeight={26}
          isCentred
          follow={choice.cursor === null && chosen === null}
          reveal={place ?? (chosen === null ? null : lineAt(lines, chosen))}
        >
          {(index) => {
            const line = lines[index]!;
            const marks = {
              isChosen: line.n === chosen,
              isHere: index === place,
              isFuture: choice.cursor !== null && line.n > choice.cursor,
            };
            return line.kind === "incident" ? (
              <Cause
                key={`cause ${line.n}`}
                n={line.n}
                incident={line.incident}
                isOpen={line.isOpen}
                {...marks}
                onToggle={() => toggle(line.incident.n)}
                onChoose={() => choose(line.n)}
              />
            ) : (
              <Line key={line.n} line={line} {...marks} onChoose={() => choose(line.n)} />
            );
          }}
        </VirtualList>
        {lines.length === 0 &&
          (choice.query === "" ? <p class="empty">Nothing of that kind has happened yet.</p> : <NothingFound />)}
      </div>
      {entry !== undefined && <OneFact entry={entry} onClose={() => setChosen(null)} />}
    </>
  );
}

function OpenButton() {
  const ref = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={ref}
        class="sr"
        type="file"
        accept=".json,application/json"
        aria-label="Recording to open"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file !== undefined) openFile(file);
        }}
      />
      <button type="button" onClick={() => ref.current!.click()}>
        Open…
      </button>
    </>
  );
}

interface Marks {
  isChosen: boolean;
  /** The line of the moment that the page shows. */
  isHere: boolean;
  isFuture: boolean;
  onChoose: () => void;
}

function classOf({ isChosen, isHere, isFuture }: Marks, more: string): string {
  return `log-row ${isChosen ? "selected" : ""} ${isHere ? "here" : ""} ${isFuture ? "future" : ""} ${more}`;
}

function Line({ line, ...marks }: { line: FactLine } & Marks) {
  const { entry, n, others, isInside } = line;
  const tone = toneOfEntry(entry);
  const text = describeEntry(entry);
  const isBad = kindsOf(entry).includes("errors");
  return (
    <div
      id={`fact-${n}`}
      class={classOf(marks, `${isBad ? "bad" : ""} ${isInside ? "inside" : ""} ${entry.kind}`)}
      role="option"
      aria-selected={marks.isChosen}
      aria-current={marks.isHere ? "true" : undefined}
      tabIndex={-1}
      onClick={marks.onChoose}
    >
      <span class="mono muted">{timeOf(entry)}</span>
      <span class="sign">{tone === null ? <i class="message" /> : <Badge tone={tone} />}</span>
      <Place path={entry.path} />
      <span class="text" title={[entry, ...others].map(describeEntry).join("\n")}>
        {text}
      </span>
    </div>
  );
}

/** Where there is little room, the name of the service stays, and what is before it is cut. */
function Place({ path }: { path: string }) {
  const short = endOfPath(path);
  const end = short.lastIndexOf("/") + 1;
  return (
    <span class="path" title={path}>
      {end > 0 && <span class="before muted">{short.slice(0, end)}</span>}
      <span class="name">{short.slice(end)}</span>
    </span>
  );
}

interface CauseProps extends Marks {
  n: number;
  incident: Incident;
  isOpen: boolean;
  onToggle: () => void;
}

function Cause({ n, incident, isOpen, onToggle, ...marks }: CauseProps) {
  const reason = reasonOf(incident);
  const text = describeIncident(incident, store.tree!, store.history!.now());
  return (
    <div
      id={`${isOpen ? "cause" : "fact"}-${n}`}
      class={classOf(marks, "cause")}
      role="option"
      aria-selected={marks.isChosen}
      tabIndex={-1}
      onClick={marks.onChoose}
    >
      <span class="mono muted">{timeOf({ at: incident.from })}</span>
      <span
        class="fold"
        title={`${isOpen ? "Fold" : "Unfold"} (${isOpen ? "←" : "→"})`}
        onClick={(event) => {
          event.stopPropagation();
          onToggle();
        }}
      >
        <Icon name={isOpen ? "down" : "open"} />
      </span>
      <Place path={incident.path} />
      <span class="text" title={`${text}\n${reason}`}>
        <strong>{text}</strong>
        {reason !== "" && ` · ${reason}`} <span class="muted">({countOf(incident.facts, "fact")})</span>
      </span>
    </div>
  );
}

function timeOf({ at }: Pick<Entry, "at">): string {
  return formatTime(at + store.history!.wallOffset);
}
