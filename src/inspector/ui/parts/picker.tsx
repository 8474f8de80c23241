// Chooses a service on a narrow screen, where the tree has no room beside the view.

import { store, useStore } from "../model/store.ts";

export function Picker({ isAlways = false }: { isAlways?: boolean }) {
  const { tree, choice } = useStore();
  return (
    <select
      class={`picker ${isAlways ? "" : "narrow-only"}`}
      aria-label="Service"
      value={choice.selected ?? ""}
      onChange={(event) => store.select(event.currentTarget.value)}
    >
      {[...tree!.nodes.values()].slice(0, 500).map(({ path, name, depth }) => (
        <option key={path} value={path}>
          {`${"\u00a0\u00a0".repeat(depth)}${name}`}
        </option>
      ))}
    </select>
  );
}
