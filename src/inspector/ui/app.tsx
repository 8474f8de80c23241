// The frame around the views: the top, the tabs, the narrow tree, the details, the scrubber.

import { useEffect } from "preact/hooks";
import { useKeys } from "./model/keys.ts";
import { useStore } from "./model/store.ts";
import { useTabSign } from "./model/tab-sign.ts";
import { Banner } from "./parts/banner.tsx";
import { Details } from "./parts/details.tsx";
import { Gate } from "./parts/gate.tsx";
import { Guard } from "./parts/guard.tsx";
import { Help } from "./parts/help.tsx";
import { Notice } from "./parts/notice.tsx";
import { usePlacedAhead } from "./parts/placed-chart.ts";
import { Scrubber } from "./parts/scrubber.tsx";
import { Strip } from "./parts/strip.tsx";
import { Tabs } from "./parts/tabs.tsx";
import { Top } from "./parts/top.tsx";
import { ChartView } from "./views/chart.tsx";
import { DependenciesView } from "./views/dependencies.tsx";
import { LogView } from "./views/log.tsx";
import { ProblemsView } from "./views/problems.tsx";
import { SequenceView } from "./views/sequence.tsx";
import { TimelineView } from "./views/timeline.tsx";
import { TreeView } from "./views/tree.tsx";
import { TreeSide } from "./views/tree-side.tsx";

const drawn = {
  problems: ProblemsView,
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
  useTabSign();
  usePlacedAhead(Object.values(history?.charts ?? {}), { width: innerWidth - 560, height: innerHeight - 330 });
  if (history === null || tree === null) return <Gate />;
  const View = drawn[choice.view];
  // The timeline and the sequence show the services themselves.
  const hasSide = choice.view === "chart" || choice.view === "dependencies" || choice.view === "log";
  return (
    <div class="shell">
      <header>
        <Banner />
        <Top />
        <Tabs />
        <Strip />
        <Notice />
      </header>
      <main class={`work ${hasSide ? "with-side" : ""}`}>
        {hasSide && <TreeSide />}
        <section class="view" id="view" role="tabpanel" tabIndex={-1} aria-labelledby={`tab-${choice.view}`}>
          <Guard key={choice.view} name="This view">
            <View />
          </Guard>
        </section>
        {choice.areDetailsOpen && choice.selected !== null && (
          <Guard key={choice.selected} name="The details">
            <Details path={choice.selected} />
          </Guard>
        )}
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
