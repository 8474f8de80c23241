// runs.ts: the runs of a tree: what `start()` and `run()` promised, and to whom each signal belongs.

import type { Supervisor, TreeExit } from "../../src/index.ts";
import { type Watched, watch } from "../support/promises.ts";

interface RunRecord {
  readonly what: "start" | "run";
  readonly controller: AbortController;
  readonly promise: Watched<void>;
  /** Of the run that was current after the call: its own, unless the call was refused. */
  readonly exit: Watched<TreeExit>;
  /** The tree was running already. */
  readonly isRefused: boolean;
  /** It begins in a later turn, if it is not refused then: what happens to its run is not known. */
  readonly isLater: boolean;
  /** A stop was asked for, or its signal aborted, before its promise had settled. */
  isCancelled: boolean;
  isJudged: boolean;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class Runs {
  readonly #supervisor: Supervisor;
  readonly #records: RunRecord[] = [];

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** `isLater`: a listener asks for it, so that it begins in a later turn. */
  begin(what: "start" | "run", isLater: boolean): Promise<void> {
    const controller = new AbortController();
    const { state } = this.#supervisor.status();
    const isRefused = state !== "stopped" && state !== "failed";
    // A listener may ask for a stop before the call has returned.
    const record: Mutable<RunRecord> = {
      what,
      controller,
      isRefused,
      isLater,
      promise: watch(new Promise<never>(() => {})),
      exit: watch(new Promise<never>(() => {})),
      isCancelled: false,
      isJudged: false,
    };
    this.#records.unshift(record);
    const promise = this.#supervisor[what]({ signal: controller.signal });
    record.promise = watch(promise);
    if (!isLater) record.exit = watch(this.#supervisor.exit);
    return promise;
  }

  /** A stop of the tree was asked for. */
  noteStop(): void {
    for (const record of this.#records) if (!record.isJudged) record.isCancelled = true;
  }

  /**
   * Aborts the signal of the newest run, or of one before. Returns whether nothing may happen: the run is over, or it was a
   * start and the tree is up.
   */
  abort(ago: number): boolean {
    const record = this.#records[ago];
    if (record === undefined || record.controller.signal.aborted) return false;
    const { isLater } = record;
    const isUp = record.what === "start" && this.#supervisor.status().state === "running";
    const isOver = record.isRefused || isUp || record.exit.state !== "pending" || record.promise.state !== "pending";
    record.isCancelled = true;
    record.controller.abort(new Error("aborted on command"));
    return isOver && !isLater;
  }

  canAbort(ago: number): boolean {
    return this.#records[ago]?.controller.signal.aborted === false;
  }

  /** What is pending, as far as it tells two states of a tree apart. */
  get pending(): string[] {
    return this.#records.flatMap(({ what, controller, promise, exit, isRefused }, index) => {
      const isOpen = !isRefused && (promise.state === "pending" || exit.state === "pending");
      if (index > 0 && !isOpen) return [];
      const { aborted } = controller.signal;
      return [[what, index === 0, isRefused, promise.state, exit.state === "pending", aborted].join(" ")];
    });
  }

  /** What the promises say that must not be so, when everything that follows from the last command has happened. */
  findWrong(rootState: string): string[] {
    return this.#records.flatMap((record) => (record.isJudged ? [] : judge(record, rootState)));
  }
}

function judge(record: RunRecord, rootState: string): string[] {
  const { what, promise, exit, isCancelled } = record;
  const { code } = (promise.error ?? {}) as { code?: string };
  if (promise.state === "pending") {
    if (exit.state !== "pending") return [`${what}() is pending, and its run has ended: ${exit.value!.kind}`];
    if (rootState === "stopped" || rootState === "failed")
      return [`${what}() is pending, and the tree is ${rootState}`];
    if (record.controller.signal.aborted && !record.isLater && rootState !== "stopping") {
      return [`the signal of ${what}() has aborted, and the tree is ${rootState}`];
    }
    return what === "start" && rootState === "running" ? ["start() is pending, and the tree is running"] : [];
  }
  record.isJudged = true;
  if (record.isLater) return [];
  if (record.isRefused !== (code === "ERR_ALREADY_RUNNING"))
    return [`${what}() was ${record.isRefused ? "not " : ""}refused`];
  if (record.isRefused) return [];
  if (promise.state === "resolved") {
    if (what === "start") return [];
    return exit.value?.kind === "failed"
      ? ["run() resolved, and its run failed"]
      : exit.value
        ? []
        : ["run() resolved, and its run goes on"];
  }
  // A tree that completed, and whose services did not stop well then, has failed.
  const hasCompleted = exit.value?.kind === "completed" || codeOf(exit.value) === "ERR_STOP_FAILED";
  if (code === "ERR_START_ABORTED" && !isCancelled && !hasCompleted) {
    return [`${what}() was aborted, and nobody asked for it: ${String(promise.error)}`];
  }
  if (code === "ERR_START_FAILED" && exit.value?.kind !== "failed") {
    return [`${what}() failed, and its exit is ${exit.value?.kind ?? "pending"}`];
  }
  return [];
}

function codeOf(exit: TreeExit | undefined): string | undefined {
  return exit?.kind === "failed" ? exit.error.code : undefined;
}
