// The frame around the views: the top, the tabs, the narrow tree, the details, the scrubber.

import { useEffect } from "preact/hooks";
import { useKeys } from "./model/keys.ts";
import { useStore } from "./model/store.ts";
import { Details } from "./parts/details.tsx";
import { Gate } from "./parts/gate.tsx";
import { Help } from "./parts/help.tsx";
import { Scrubber } from "./parts/scrubber.tsx";
import { Tabs } from "./parts/tabs.tsx";
import { Banner, Top } from "./parts/top.tsx";
import { ChartView } from "./views/chart.tsx";
import { DependenciesView } from "./views/dependencies.tsx";
import { LogView } from "./views/log.tsx";
import { SequenceView } from "./views/sequence.tsx";
import { TimelineView } from "./views/timeline.tsx";
import { TreeView } from "./views/tree.tsx";
import { TreeSide } from "./views/tree-side.tsx";

const drawn = {
  tree: TreeView,
  chart: ChartView,
  dependencies: DependenciesView,
  timeline: TimelineView,
  sequence: SequenceView,
  log: LogView,
};

export function App() {
  const { choice, history, tree } = useStore();
  useKeys();
  useTheme(choice.theme);
  useEffect(() => {
    document.title = history === null ? "statevisor" : `${history.name} · statevisor`;
  }, [history]);
  if (history === null || tree === null) return <Gate />;
  const View = drawn[choice.view];
  // The timeline and the sequence show the services themselves.
  const hasSide = choice.view === "chart" || choice.view === "dependencies" || choice.view === "log";
  return (
    <div class="shell">
      <header>
        <Banner />
        <Top />
      </header>
      <Tabs />
      <main class={`work ${hasSide ? "with-side" : ""}`}>
        {hasSide && <TreeSide />}
        <section class="view" id="view" role="tabpanel" aria-labelledby={`tab-${choice.view}`}>
          <View />
        </section>
        {choice.areDetailsOpen && choice.selected !== null && <Details path={choice.selected} />}
      </main>
      <Scrubber />
      {choice.isHelpOpen && <Help />}
    </div>
  );
}

/** The theme of the system, unless the user has chosen one. */
function useTheme(theme: "auto" | "light" | "dark"): void {
  useEffect(() => {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      document.documentElement.dataset.theme = theme === "auto" ? (media.matches ? "dark" : "light") : theme;
    };
    apply();
    media.addEventListener("change", apply);
    return () => media.removeEventListener("change", apply);
  }, [theme]);
}
