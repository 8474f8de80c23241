// What is in a chosen range of the timeline, and what can be done with it: zoom, or export it with a note.

import { useState } from "preact/hooks";
import { saveRecording } from "../model/file.ts";
import { countOf, formatMs } from "../model/format.ts";
import { store } from "../model/store.ts";
import { Icon } from "./icon.tsx";

/** Two times of the tree's clock. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

interface Props {
  readonly range: Range;
  readonly onZoom: () => void;
  readonly onClose: () => void;
}

export function RangeBar({ range, onZoom, onClose }: Props) {
  const [note, setNote] = useState("");
  const history = store.history!;
  // The fact at the beginning of the range is part of it.
  const [first, last] = [history.findAt(range.from - 0.001), history.findAt(range.to)];
  const crashes = history.failures.filter((n) => n > first && n <= last);
  const services = new Set<string>();
  for (let n = first + 1; n <= last; n++) services.add(history.entry(n)!.path);
  const save = (event: Event) => {
    event.preventDefault();
    const recording = history.toRecording({ from: first, to: last });
    saveRecording(note === "" ? recording : { ...recording, note }, "incident.json");
  };
  return (
    <form class="range-bar" aria-label="The chosen range" onSubmit={save}>
      <strong>{formatMs(range.to - range.from)}</strong>
      <span class="muted">
        {countOf(crashes.length, "crash", "crashes")}, {countOf(last - first, "fact")} of{" "}
        {countOf(services.size, "service")}
      </span>
      <button type="button" onClick={onZoom}>
        Zoom to it
      </button>
      <input
        type="text"
        aria-label="Note"
        placeholder="What happened here?"
        value={note}
        onInput={(event) => setNote(event.currentTarget.value)}
      />
      <button type="submit" class="primary">
        Export incident.json
      </button>
      <button type="button" class="quiet" aria-label="Forget the range" onClick={onClose}>
        <Icon name="close" />
      </button>
    </form>
  );
}
