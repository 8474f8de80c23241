// view.ts: the status of a tree, or of one service, as an external store for UI frameworks: the same object until
// something in it changes.

import type { ServiceStatus, TreeStatus } from "../contract/status.ts";

/** What React's `useSyncExternalStore`, and the like, take. The functions need no `this`. */
export interface StatusView<Status = ServiceStatus | TreeStatus> {
  /** The status as it is; the same object as before, and the same parts of it, where nothing has changed. */
  getSnapshot(): Status;
  /** Calls back after each change. Returns the remover. */
  subscribe(onChange: () => void): () => void;
}

interface Source<Status> {
  /** Grows with each change of the tree. */
  version(): number;
  /** `last` is what was read before. Throws when there never was such a service. */
  read(last: Status | undefined): Status;
  onUpdate(listener: () => void): () => void;
}

export function createView<Status>({ version, read, onUpdate }: Source<Status>): StatusView<Status> {
  let seen = version();
  let current = read(undefined);

  function getSnapshot(): Status {
    if (version() === seen) return current;
    seen = version();
    current = share(current, read(current));
    return current;
  }

  return {
    getSnapshot,
    subscribe(onChange) {
      let told = getSnapshot();
      return onUpdate(() => {
        const now = getSnapshot();
        if (now === told) return;
        told = now;
        onChange();
      });
    },
  };
}

/** The new data, with every part of it that is as before taken from the old. */
function share<Data>(old: Data, data: Data): Data {
  if (Object.is(old, data)) return old;
  if (Array.isArray(old) && Array.isArray(data)) {
    const shared = data.map((item, index) => (index < old.length ? share(old[index], item) : item));
    return old.length === data.length && shared.every((item, index) => Object.is(item, old[index]))
      ? old
      : (shared as Data);
  }
  if (!isRecord(old) || !isRecord(data)) return data;
  const keys = Object.keys(data);
  const shared = Object.fromEntries(keys.map((key) => [key, share(old[key], data[key])]));
  const isSame = keys.length === Object.keys(old).length && keys.every((key) => Object.is(shared[key], old[key]));
  return isSame ? old : (shared as Data);
}

function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null;
}
