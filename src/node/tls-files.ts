// TlsFiles: the certificate files of a server, read at its start and again whenever they change.

import { type FSWatcher, watch } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import type { Logger } from "../contract/spec.ts";

/** Where a server's certificate is. */
export interface TlsFilePaths {
  keyFile?: string | URL | undefined;
  certFile?: string | URL | undefined;
  caFile?: string | URL | undefined;
}

/** A renewal writes several files, one after the other. */
const settleMs = 100;

const contents = { keyFile: "key", certFile: "cert", caFile: "ca" } as const;

export class TlsFiles {
  readonly #paths: readonly [option: keyof TlsFilePaths, path: string][];
  readonly #rest: SecureContextOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #loaded = "";
  #isClosed = false;

  constructor({ keyFile, certFile, caFile }: TlsFilePaths, rest: SecureContextOptions) {
    this.#paths = Object.entries({ keyFile, certFile, caFile }).flatMap(([option, path]) =>
      path === undefined ? [] : [[option as keyof TlsFilePaths, path instanceof URL ? fileURLToPath(path) : path]],
    );
    this.#rest = rest;
  }

  /** @throws where a file cannot be read, or key and certificate do not belong together. */
  async load(): Promise<SecureContextOptions> {
    const entries = await Promise.all(
      this.#paths.map(async ([option, path]) => [contents[option], await readFile(path, "utf8")]),
    );
    const secure = { ...this.#rest, ...Object.fromEntries(entries) };
    createSecureContext(secure);
    this.#loaded = JSON.stringify(entries);
    return secure;
  }

  /**
   * Calls `use` with what is in the files after each change. Folders are watched, not files: a renewal replaces a file, or
   * a link on the way to it. What cannot be used is logged, and the server goes on with what it has.
   */
  async watch(use: (secure: SecureContextOptions) => void, log: Logger): Promise<void> {
    const reload = async () => {
      const before = this.#loaded;
      try {
        const secure = await this.load();
        if (this.#loaded === before) return;
        use(secure);
        log.info({ files: this.#paths.map(([, path]) => path) }, "the certificate has changed and is in use");
      } catch (error) {
        log.warn({ err: error }, "the changed certificate cannot be used; the server goes on with the one before");
      }
      await this.#watchFolders(onChange, log);
    };
    const onChange = () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void reload();
      }, settleMs);
    };
    await this.#watchFolders(onChange, log);
  }

  async #watchFolders(onChange: () => void, log: Logger): Promise<void> {
    if (this.#isClosed) return;
    const folders = new Set<string>();
    for (const [, path] of this.#paths) {
      folders.add(dirname(path));
      folders.add(dirname(await realpath(path).catch(() => path)));
    }
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (this.#watchers.has(folder) || this.#isClosed) continue;
      try {
        const watcher = watch(folder, { persistent: false }, onChange);
        watcher.on("error", (error) => log.warn({ err: error, folder }, "the folder of a certificate is not watched"));
        this.#watchers.set(folder, watcher);
      } catch (error) {
        log.warn({ err: error, folder }, "the folder of a certificate is not watched");
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
