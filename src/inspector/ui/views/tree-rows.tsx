// What the tree and the narrow tree beside other views share: folding and keys.

import { useState } from "preact/hooks";
import { keep, readKept } from "../model/kept.ts";
import { focusView } from "../model/keys.ts";
import { store } from "../model/store.ts";
import type { TreeLine } from "../model/tree.ts";

const collapsed = new Set(readKept<string[]>("folded", []));

export function useFolding() {
  const [, setTick] = useState(0);
  return {
    collapsed,
    toggle(path: string) {
      if (!collapsed.delete(path)) collapsed.add(path);
      keep("folded", [...collapsed]);
      setTick((tick) => tick + 1);
    },
    /** Folds every supervisor of `paths`, and unfolds all others. */
    foldOnly(paths: Iterable<string>) {
      collapsed.clear();
      for (const path of paths) collapsed.add(path);
      keep("folded", [...collapsed]);
      setTick((tick) => tick + 1);
    },
  };
}

/** The usual keys of a tree: up, down; left folds or goes out; right unfolds or goes in. */
export function onTreeKey(event: KeyboardEvent, lines: readonly TreeLine[], toggle: (path: string) => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const index = lines.findIndex(({ node }) => node.path === store.choice.selected);
  const line = lines[index];
  const go = (to: number) => store.select(lines[Math.min(lines.length - 1, Math.max(0, to))]?.node.path ?? null);
  switch (event.key) {
    case "ArrowDown":
      go(index + 1);
      break;
    case "ArrowUp":
      go(index - 1);
      break;
    case "PageDown":
      go(index + 20);
      break;
    case "PageUp":
      go(index - 20);
      break;
    case "Home":
      go(0);
      break;
    case "End":
      go(lines.length - 1);
      break;
    case "ArrowRight":
      if (line?.isOpen === false) toggle(line.node.path);
      else if (line?.isOpen) go(index + 1);
      break;
    case "ArrowLeft":
      if (line?.isOpen && store.choice.query === "") toggle(line.node.path);
      else if (line?.node.parent != null) store.select(line.node.parent);
      break;
    case "Enter":
      store.choose({ view: "chart" });
      focusView();
      break;
    default:
      return;
  }
  event.preventDefault();
}
