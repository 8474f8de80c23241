// The views, as tabs.

import { useStore, type View, views } from "../model/store.ts";

const names: Readonly<Record<View, string>> = {
  tree: "Tree",
  chart: "Statechart",
  dependencies: "Dependencies",
  timeline: "Timeline",
  sequence: "Sequence",
  log: "Events",
};

export function Tabs() {
  const store = useStore();
  const { view } = store.choice;
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
        </button>
      ))}
    </div>
  );
}
