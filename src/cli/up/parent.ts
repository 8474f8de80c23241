// parent.ts: what a tree in the background tells the command that began it.

import type { Supervisor } from "../../index.ts";
import { createLongWaits } from "../print/long-waits.ts";
import type { RunResult } from "./printer.ts";

/** The messages, in this order. */
export type Told =
  | { readonly type: "begun"; readonly name: string }
  /** What a start waits for. */
  | { readonly type: "waits"; readonly path: string; readonly summary: string }
  | { readonly type: "up"; readonly name: string; readonly pid: number }
  | { readonly type: "ended"; readonly exitCode: number; readonly reasons: readonly string[] };

export interface Parent {
  tick(): void;
  end(result: Pick<RunResult, "exitCode" | "reasons">): Promise<void>;
}

/** Tells the parent how the start goes, until it is over. The parent may go at any time. */
export function createParent(supervisor: Supervisor): Parent {
  const { name } = supervisor;
  const longWaits = createLongWaits(supervisor);
  const isThere = () => process.connected === true;
  const tell = (told: Told) =>
    new Promise<void>((resolve) => {
      if (isThere()) process.send!(told, undefined, undefined, () => resolve());
      else resolve();
    });
  // A channel whose other end has gone is no failure.
  process.on("error", () => {});
  const leave = () => {
    if (isThere()) process.disconnect();
  };
  void tell({ type: "begun", name });
  const unlisten = supervisor.on("status", ({ path, to }) => {
    if (path !== name || to !== "running") return;
    unlisten();
    void tell({ type: "up", name, pid: process.pid }).then(leave);
  });
  return {
    tick() {
      if (isThere()) for (const { path, summary } of longWaits()) void tell({ type: "waits", path, summary });
    },
    async end({ exitCode, reasons }) {
      await tell({ type: "ended", exitCode, reasons });
      leave();
    },
  };
}
