// The log: every fact in order, with filters, a search and the details of one fact; exports and opens recordings.

import { useRef, useState } from "preact/hooks";
import { isWithin } from "../../shared/history.ts";
import type { Entry } from "../../shared/protocol.ts";
import { exportRecording, openFile } from "../model/file.ts";
import { Filtered, indexAt } from "../model/filtered.ts";
import { formatTime, shortPath } from "../model/format.ts";
import { store, useStore } from "../model/store.ts";
import { describeEntry, fitsQuery, type Kind, kindsOf, toneOfEntry } from "../model/wording.ts";
import { Badge } from "../parts/badge.tsx";
import { ErrorBlock } from "../parts/error.tsx";
import { Icon } from "../parts/icon.tsx";
import { Kinds } from "../parts/kinds.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";

export function LogView() {
  const { history, choice } = useStore();
  const [shown, setShown] = useState<ReadonlySet<Kind>>(new Set(["states", "health", "errors"]));
  const [isOwn, setOwn] = useState(false);
  const [chosen, setChosen] = useState<number | null>(null);
  const filtered = useRef(new Filtered());
  const only = isOwn ? choice.selected : null;
  const entries = filtered.current.update(
    history!,
    [history, shown, only, choice.query],
    (entry) =>
      kindsOf(entry).some((kind) => shown.has(kind)) &&
      (only === null || isWithin(entry.path, only)) &&
      fitsQuery(entry, choice.query),
  );
  const place = choice.cursor === null ? null : indexAt(entries, choice.cursor);
  const entry = chosen === null ? undefined : history!.entry(chosen);
  return (
    <>
      <div class="toolbar">
        <Kinds shown={shown} onChange={setShown} />
        <button type="button" aria-pressed={isOwn} onClick={() => setOwn(!isOwn)}>
          Selected only
        </button>
        <span class="muted wide-only">{entries.length} facts</span>
        <span class="space" />
        <OpenButton />
        <button type="button" onClick={exportRecording}>
          Export
        </button>
      </div>
      {choice.notice !== null && (
        <p class="notice" role="alert">
          {choice.notice}
          <button type="button" class="quiet" aria-label="Close" onClick={() => store.choose({ notice: null })}>
            <Icon name="close" />
          </button>
        </p>
      )}
      <div
        class="log fill"
        role="listbox"
        aria-label="Facts"
        tabIndex={0}
        aria-activedescendant={chosen === null ? undefined : `fact-${chosen}`}
        onKeyDown={(event) => {
          const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (by === 0) return;
          event.preventDefault();
          const index = chosen === null ? entries.length - 1 : indexAt(entries, chosen) + by;
          const next = entries[Math.min(entries.length - 1, Math.max(0, index))];
          if (next !== undefined) setChosen(next.n);
        }}
      >
        <VirtualList
          count={entries.length}
          rowHeight={26}
          follow={choice.cursor === null && chosen === null}
          reveal={place ?? (chosen === null ? null : indexAt(entries, chosen))}
        >
          {(index) => (
            <Line
              key={entries[index]!.n}
              entry={entries[index]!}
              isChosen={entries[index]!.n === chosen}
              isFuture={choice.cursor !== null && entries[index]!.n > choice.cursor}
              onChoose={(n) => setChosen(n === chosen ? null : n)}
            />
          )}
        </VirtualList>
        {entries.length === 0 && <p class="empty">Nothing of that kind has happened yet.</p>}
      </div>
      {entry !== undefined && <Fact entry={entry} onClose={() => setChosen(null)} />}
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

interface LineProps {
  entry: Entry;
  isChosen: boolean;
  isFuture: boolean;
  onChoose: (n: number) => void;
}

function Line({ entry, isChosen, isFuture, onChoose }: LineProps) {
  const tone = toneOfEntry(entry);
  const text = describeEntry(entry);
  return (
    <div
      id={`fact-${entry.n}`}
      class={`log-row ${isChosen ? "selected" : ""} ${isFuture ? "future" : ""} ${kindsOf(entry).includes("errors") ? "bad" : ""}`}
      role="option"
      aria-selected={isChosen}
      tabIndex={-1}
      onClick={() => onChoose(entry.n)}
    >
      <span class="mono muted">{formatTime(entry.at + store.history!.wallOffset)}</span>
      <span class="sign">{tone === null ? <i class="message" /> : <Badge tone={tone} />}</span>
      <span class="path">{shortPath(entry.path)}</span>
      <span class="text" title={text}>
        {text}
      </span>
    </div>
  );
}

function Fact({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const { error, ...rest } = entry as Entry & { error?: NonNullable<Extract<Entry, { kind: "escalation" }>["error"]> };
  return (
    <section class="fact" aria-label="The chosen fact">
      <div class="head">
        <strong>{entry.path}</strong>
        <span class="muted mono">
          {formatTime(entry.at + store.history!.wallOffset)} · #{entry.n}
        </span>
        <span class="space" />
        <button type="button" onClick={() => store.goTo(entry.n)}>
          Go to this moment
        </button>
        <button type="button" onClick={() => store.select(entry.path)}>
          Select
        </button>
        <button type="button" class="quiet" aria-label="Close the fact" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {error !== undefined && <ErrorBlock error={error} isOpen />}
      <pre tabIndex={0}>{JSON.stringify(rest, null, 1).replaceAll(/\n\s*/g, " ")}</pre>
    </section>
  );
}
