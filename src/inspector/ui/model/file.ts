// file.ts: saves a recording to a file, and opens one.

import { textOf } from "../../../contract/wording.ts";
import type { Recording } from "../../shared/protocol.ts";
import { store } from "./store.ts";

/** Saves a recording, under its name and time unless another name is given. */
export function saveRecording(recording: Recording, name?: string): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(recording)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name ?? `${recording.name}-${recording.recordedAt.slice(0, 19).replaceAll(":", "")}.recording.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export async function openFile(file: File): Promise<void> {
  try {
    store.openFile(await file.text(), file.name);
  } catch (error) {
    store.choose({ notice: `${file.name}: ${textOf(error)}` });
  }
}
