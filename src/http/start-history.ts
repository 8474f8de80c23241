// StartHistory: what the updates of a tree report and its status does not keep: how long starts took, and escalations.

import type { Update } from "../contract/updates.ts";
import type { Supervisor } from "../index.ts";

/** What is known of one path. Removing a service removes everything that was inside it, so the paths form a tree. */
class Entry {
  readonly inside = new Map<string, Entry>();
  launchedAt: number | null = null;
  startSeconds: number | null = null;
  escalations = 0;
}

export class StartHistory {
  readonly #root = new Entry();
  readonly #removers: readonly (() => void)[];

  /** Follows the tree from now on. */
  constructor(supervisor: Supervisor) {
    this.#removers = [
      supervisor.on("status", (update) => this.#noteStatus(update)),
      supervisor.on("escalation", ({ path }) => {
        this.#entry(path).escalations++;
      }),
      supervisor.on("removed", ({ path }) => this.#forget(path)),
    ];
  }

  stop(): void {
    for (const remove of this.#removers) remove();
  }

  /** Of the last start that came up, from launching to ready; null if there was none. */
  startSeconds(path: string): number | null {
    return this.#find(path)?.startSeconds ?? null;
  }

  /** How often a supervisor gave up. */
  escalations(path: string): number {
    return this.#find(path)?.escalations ?? 0;
  }

  #noteStatus({ path, to, phase, at }: Extract<Update, { type: "status" }>): void {
    const entry = this.#entry(path);
    if (to === "starting" && phase === "launching") {
      entry.launchedAt = at;
      return;
    }
    if (to === "running" && entry.launchedAt !== null) entry.startSeconds = (at - entry.launchedAt) / 1_000;
    entry.launchedAt = null;
  }

  #find(path: string): Entry | undefined {
    let entry: Entry | undefined = this.#root;
    for (const name of path.split("/")) entry = entry?.inside.get(name);
    return entry;
  }

  #entry(path: string): Entry {
    let entry = this.#root;
    for (const name of path.split("/")) {
      const next = entry.inside.get(name) ?? new Entry();
      entry.inside.set(name, next);
      entry = next;
    }
    return entry;
  }

  #forget(path: string): void {
    const cut = path.lastIndexOf("/");
    this.#find(path.slice(0, cut))?.inside.delete(path.slice(cut + 1));
  }
}
