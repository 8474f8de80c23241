// The views, as tabs.

import { useLayoutEffect } from "preact/hooks";
import { type View, views } from "../model/choice.ts";
import { problemsOf } from "../model/problems.ts";
import { useStore } from "../model/store.ts";

const names: Readonly<Record<View, string>> = {
  problems: "Problems",
  tree: "Tree",
  chart: "Chart",
  dependencies: "Dependencies",
  timeline: "Timeline",
  sequence: "Sequence",
  log: "Log",
};

export function Tabs() {
  const store = useStore();
  const { view } = store.choice;
  const { all } = problemsOf(store.tree!, store.history!.at(store.choice.cursor));
  useLayoutEffect(() => {
    document.getElementById(`tab-${view}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view]);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = views[(views.indexOf(view) + by + views.length) % views.length]!;
    store.choose({ view: next });
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <nav aria-label="Views of the tree">
      <div class="tabs" role="tablist" aria-label="Views" onKeyDown={onKeyDown}>
        {views.map((one, index) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`tab-${one}`}
            aria-selected={one === view}
            aria-controls="view"
            tabIndex={one === view ? 0 : -1}
            title={`${names[one]} (${index + 1})`}
            onClick={() => store.choose({ view: one })}
          >
            {names[one]}
            {one === "problems" && all.length > 0 && <span class="tab-count">{all.length}</span>}
          </button>
        ))}
      </div>
    </nav>
  );
}
