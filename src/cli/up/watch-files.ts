// watch-files.ts: restarts a service when files of it change, for `up --watch`.

import { isAbsolute, relative, resolve } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { minimatch } from "minimatch";
import { toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import type { Supervisor } from "../../index.ts";
import type { WatchTarget } from "../config/watch-targets.ts";
import { withoutRoot } from "../print/format.ts";

/** How long files must have been still before the restart, in milliseconds: one save, or one build, is one restart. */
const stillMs = 200;
/** How long files that never are still can put a restart off, in milliseconds. */
const mostMs = 1_000;

/** Never looked into. */
const always = ["**/node_modules/**", "**/.git/**"];

export interface FileWatch {
  /** Watches these from now on. */
  update(targets: readonly WatchTarget[]): Promise<void>;
  close(): Promise<void>;
}

/** `tell` is told of each restart, and of what cannot be watched. */
export function watchFiles(supervisor: Supervisor, tell: (text: string) => void): FileWatch {
  let watched: Watched[] = [];
  const close = async () => {
    const before = watched;
    watched = [];
    await Promise.all(before.map((one) => one.close()));
  };
  return {
    async update(targets) {
      await close();
      watched = targets.map((target) => new Watched(target, supervisor, tell));
    },
    close,
  };
}

class Watched {
  readonly #target: WatchTarget;
  readonly #supervisor: Supervisor;
  readonly #tell: (text: string) => void;
  readonly #watcher: FSWatcher;
  #timer: NodeJS.Timeout | undefined;
  #firstAt = 0;
  /** The files that have changed since the last restart. */
  readonly #changed = new Set<string>();
  #isRestarting = false;

  constructor(target: WatchTarget, supervisor: Supervisor, tell: (text: string) => void) {
    this.#target = target;
    this.#supervisor = supervisor;
    this.#tell = tell;
    const { folder, watch: patterns, ignore } = target;
    const ignored = (file: string) => matches(folder, file, [...always, ...ignore]);
    this.#watcher = watch(
      patterns.map((pattern) => resolve(folder, baseOf(pattern))),
      { ignored: (file) => ignored(file), ignoreInitial: true },
    );
    this.#watcher.on("all", (_, file) => {
      if (matches(folder, file, patterns)) this.#note(relative(folder, file));
    });
    this.#watcher.on("error", (error) => tell(`${withoutRoot(target.path)} is not watched: ${textOf(toError(error))}`));
  }

  #note(file: string): void {
    const now = performance.now();
    if (this.#changed.size === 0) this.#firstAt = now;
    this.#changed.add(file);
    clearTimeout(this.#timer);
    const waitMs = Math.min(stillMs, Math.max(0, this.#firstAt + mostMs - now));
    this.#timer = setTimeout(() => void this.#restart(), waitMs);
  }

  /** Changes during a restart make another one, also while the service still starts. */
  async #restart(): Promise<void> {
    if (this.#isRestarting) return;
    this.#isRestarting = true;
    while (this.#changed.size > 0) {
      const files = [...this.#changed];
      this.#changed.clear();
      await this.#restartFor(files);
    }
    this.#isRestarting = false;
  }

  async #restartFor([first, ...others]: readonly string[]): Promise<void> {
    const { path } = this.#target;
    try {
      // What the user has stopped stays stopped.
      if (this.#supervisor.status(path).phase === "byHand") return;
      const more = others.length === 0 ? "" : ` and ${others.length} more`;
      this.#tell(`${withoutRoot(path)} restarts: ${first}${more} changed`);
      const restart = this.#supervisor.restartService(path);
      // A service that does not come up, as after a slip in its code, is restarted by the next change.
      await Promise.race([restart, this.#nextChange()]);
      restart.catch(() => {});
    } catch {
      // Its end is printed like any other.
    }
  }

  async #nextChange(): Promise<void> {
    while (this.#changed.size === 0) await new Promise((resolve) => setTimeout(resolve, stillMs).unref());
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#watcher.close();
  }
}

/** The part of a pattern before its first wildcard. */
function baseOf(pattern: string): string {
  const parts = pattern.split("/");
  const wild = parts.findIndex((part) => /[*?[\]{}!()]/.test(part));
  return (wild === -1 ? parts : parts.slice(0, wild)).join("/") || (isAbsolute(pattern) ? "/" : ".");
}

/** A pattern without wildcards is a file, or a folder with all that is in it. */
function matches(folder: string, file: string, patterns: readonly string[]): boolean {
  const path = relative(folder, file) || ".";
  return patterns.some((pattern) => {
    const own = isAbsolute(pattern) ? relative(folder, pattern) : pattern.replace(/^\.\//, "").replace(/\/$/, "");
    return minimatch(path, own, { dot: true }) || minimatch(path, `${own}/**`, { dot: true });
  });
}
