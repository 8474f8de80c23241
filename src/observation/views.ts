// views.ts: the views of one tree that were asked for, one for each path.

import type { ServiceStatus, TreeStatus } from "../contract/status.ts";
import { findChild } from "../tree/find.ts";
import type { Root } from "../tree/root.ts";
import { createView, type StatusView } from "./view.ts";

type Status = ServiceStatus | TreeStatus;

/** Returns what gives the view of a path. `read` gives the status of a path, and throws where there is none. */
export function createViews(root: Root, read: (path: string) => Status): (path: string) => StatusView {
  const views = new Map<string, StatusView>();

  /** With the root's name. The path of a service that is not there any more is kept as it is. */
  function toFullPath(path: string): string {
    if (views.has(path)) return path;
    const { name, supervisor } = root;
    const full = path === name || path.startsWith(`${name}/`) ? path : `${name}/${path}`;
    if (views.has(full)) return full;
    return findChild(supervisor, path)?.path ?? name;
  }

  /** The status of a path; of a service that was removed the last one, as stopped. */
  function readOrLast(path: string, last: Status | undefined): Status {
    try {
      return read(path);
    } catch (error) {
      if (last === undefined) throw error;
      return { ...last, state: "stopped", phase: "idle", healthy: false };
    }
  }

  return (given) => {
    const path = toFullPath(given);
    const known = views.get(path);
    if (known !== undefined) return known;
    const { updates } = root.tree;
    const view: StatusView = createView<Status>({
      version: () => updates.seq,
      read: (last) => readOrLast(path, last),
      onUpdate: (listener) => updates.on("*", listener),
    });
    views.set(path, view);
    return view;
  };
}
