// file.ts: saves a recording to a file, and opens one.

import { textOf } from "../../../contract/wording.ts";
import { store } from "./store.ts";

export function exportRecording(): void {
  const recording = store.history!.toRecording();
  const url = URL.createObjectURL(new Blob([JSON.stringify(recording)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${recording.name}-${recording.recordedAt.slice(0, 19).replaceAll(":", "")}.recording.json`;
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
