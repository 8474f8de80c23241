// record-to-file.ts: records a tree into a file that survives the program: its last moments, too, if the program dies.

import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import type { Supervisor } from "../../index.ts";
import type { Entry } from "../shared/protocol.ts";
import { planRecorder, type RecordOptions, recordingKeys } from "./options.ts";
import { Recorder } from "./recorder.ts";

/** A recording that is being written. */
export interface FileRecording {
  /** Writes the rest and ends the recording; the file stays. */
  close(): void;
}

/** How long facts may wait before they are written, in milliseconds: what is lost when the process is killed. */
const writeEveryMs = 200;

/**
 * Records a tree into a file, from now on. `statevisor inspect <file>` opens it, and so does the inspector's page.
 *
 * Facts are written within 0.2 s, and at once when the process ends by itself or by an uncaught error; a process that is
 * killed loses the last 0.2 s. The file holds the newest `historySize` facts at least, and at most twice as many: then
 * it is written anew. An error while writing ends the recording and goes to `onError`, never to the tree.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for a bad option; Error ENOENT, EACCES, … if the file cannot be written.
 */
export function recordToFile(supervisor: Supervisor, file: string, options: RecordOptions = {}): FileRecording {
  const { onError = () => {} } = options;
  const plan = planRecorder("recordToFile", supervisor, options, [...recordingKeys, "onError"]);
  const recorder = new Recorder(supervisor, plan);
  const begun = begin(recorder, file);
  let [descriptor, written, charts] = [begun.descriptor, recorder.ring.head, begun.charts];
  let first = recorder.ring.base.n;
  let timer: NodeJS.Timeout | null = null;
  let isOver = false;

  const write = (): void => {
    timer = null;
    if (isOver || recorder.ring.head === written) return;
    try {
      if (recorder.ring.head - first > 2 * plan.historySize || !recorder.ring.holds(written)) {
        closeSync(descriptor);
        ({ descriptor, charts } = begin(recorder, file));
        first = recorder.ring.base.n;
      } else {
        writeSync(descriptor, toLine(recorder, recorder.ring.after(written), charts));
      }
      written = recorder.ring.head;
    } catch (error) {
      end();
      onError(error as Error);
    }
  };
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    if (timer !== null) clearTimeout(timer);
    process.off("exit", last);
    recorder.close();
    try {
      closeSync(descriptor);
    } catch {
      // The descriptor may be gone already.
    }
  };
  const last = (): void => {
    recorder.flushOutput();
    write();
  };
  recorder.onFact = () => {
    timer ??= setTimeout(write, writeEveryMs).unref();
  };
  process.on("exit", last);
  return {
    close() {
      last();
      end();
    },
  };
}

/** Writes the file anew, with all that the recorder holds, beside the old one first: a reader never sees half of it. */
function begin(recorder: Recorder, file: string): { descriptor: number; charts: Set<string> } {
  const { entries, ...recording } = recorder.record();
  const draft = `${file}.new`;
  const descriptor = openSync(draft, "w");
  const head = { lines: true, ...recording, entries: [] };
  writeSync(descriptor, `${JSON.stringify(head)}\n${JSON.stringify({ now: recording.now, entries })}\n`);
  renameSync(draft, file);
  recorder.isTreeStale = false;
  return { descriptor, charts: new Set(Object.keys(recording.charts)) };
}

/** A batch of facts, with the charts and the tree if these are new. */
function toLine(recorder: Recorder, entries: readonly Entry[], known: Set<string>): string {
  const charts = recorder.chartCount > known.size ? recorder.chartsBeside(known) : {};
  for (const key of Object.keys(charts)) known.add(key);
  const tree = recorder.isTreeStale ? { tree: recorder.describe() } : {};
  recorder.isTreeStale = false;
  return `${JSON.stringify({ now: recorder.supervisor.now(), ...tree, charts, entries })}\n`;
}
