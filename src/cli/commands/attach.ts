// attach.ts: `attach` shows a running tree as `up` does: the live view on a terminal, lines elsewhere. Leaving stops nothing.

import { once } from "node:events";
import { exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { askThere } from "../control/ask.ts";
import { type AskOptions, askAndPrint } from "../control/ask-and-print.ts";
import type { AttachDocument, LookDocument } from "../control/attach.ts";
import { ask } from "../control/client.ts";
import { harmless } from "../print/harmless.ts";
import { createLineFormat } from "../print/lines.ts";
import { isLively } from "../print/lively.ts";
import { createStyle } from "../print/style.ts";
import { unblock } from "../print/unblock.ts";
import type { View } from "../view/view.ts";

export interface AttachOptions extends AskOptions {
  /** On a terminal too, print lines alone, and take no keys. */
  plain?: boolean;
}

/** How many of the newest lines are shown first. */
const firstLines = 20;

const outcomes = { completed: "completed", stopped: "stopped as asked", failed: "failed" } as const;

export async function attach({ plain = false, ...options }: AttachOptions): Promise<number> {
  const request = { verb: "attach", lines: firstLines } as const;
  if (options.json) return askAndPrint({ ...request, format: () => undefined }, options);
  const config = findConfig(options.config);
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, leave);
  const show = !plain && isLively(process.stderr) ? await createLiveShow(config, leave) : createPlainShow();
  let ended: Extract<AttachDocument, { type: "ended" }> | undefined;
  const onData = (data: unknown) => {
    const document = data as AttachDocument;
    if (document.type === "ended") ended = document;
    else return show.document(document);
    return undefined;
  };
  const ok = await ask(config, request, onData, { signal: leaving.signal }).finally(() => {
    show.close();
    for (const signal of signals) process.off(signal, leave);
  });
  if (ended !== undefined) {
    const reason = ended.reason === null ? "" : `: ${ended.reason}`;
    process.stderr.write(`${harmless(`the tree has ended: ${outcomes[ended.kind]}${reason}`, false)}\n`);
  } else if (leaving.signal.aborted) {
    process.stderr.write("left; the services run on (`statevisor down` stops them)\n");
    return exitCodes.ok;
  }
  return ok ? exitCodes.ok : exitCodes.failed;
}

interface Show {
  /** Resolves when the reader has caught up, if it had fallen behind. */
  document(document: Exclude<AttachDocument, { type: "ended" }>): Promise<unknown> | undefined;
  close(): void;
}

async function createLiveShow(config: string, onLeave: () => void): Promise<Show> {
  const { createView } = await import("../view/view.ts");
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) unblock(stream);
  let look: LookDocument | null = null;
  let view: View | null = null;
  const ticker = setInterval(() => view?.tick(), 1_000);
  const begin = (tree: LookDocument["tree"]) =>
    createView({
      tree,
      stdout,
      stderr,
      stdin: process.stdin.isTTY ? process.stdin : null,
      ownsTree: false,
      ask: askThere(config),
      look: () => look,
      onLeave,
    });
  return {
    document(document) {
      if (document.type === "look") {
        look = document;
        view ??= begin(document.tree);
        view.drawSoon();
      } else if (document.type === "line") view?.piece(document);
      else if (document.type === "change") view?.change(document.change, document.time);
      else if (document.type === "notice") view?.notice(document.text);
      else view?.dropped(document.count);
      return undefined;
    },
    close() {
      clearInterval(ticker);
      view?.close();
    },
  };
}

function createPlainShow(): Show {
  const { stdout, stderr } = process;
  const [outStyle, errStyle] = [createStyle(stdout), createStyle(stderr)];
  let format: ReturnType<typeof createLineFormat> | undefined;
  return {
    document(document) {
      if (document.type === "look") format ??= createLineFormat(document.tree);
      if (document.type === "look" || format === undefined) return undefined;
      if (document.type === "line") {
        if (document.line.part) return undefined;
        const isWritten = stdout.write(`${format.output({ ...document.line, text: document.whole }, outStyle)}\n`);
        return isWritten ? undefined : once(stdout, "drain");
      }
      stderr.write(`${toText(document, format)}\n`);
      return undefined;
    },
    close() {},
  };

  function toText(
    document: Extract<AttachDocument, { type: "change" | "notice" | "dropped" }>,
    { change, notice, dropped }: ReturnType<typeof createLineFormat>,
  ): string {
    if (document.type === "change") return change(document.change, document.time, errStyle);
    if (document.type === "notice") return notice(document.text, document.time, errStyle);
    return dropped(document.count, Date.now(), errStyle);
  }
}
