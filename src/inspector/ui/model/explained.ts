// explained.ts: what only the running tree knows, asked for once a second while the page shows now.

import { useEffect, useState } from "preact/hooks";
import type { Explained } from "./connection.ts";
import { store } from "./store.ts";

/** The explanations of some paths; `turn`: ask again at once when it changes. Empty while the page shows another moment. */
export function useExplanations(paths: readonly string[], turn = ""): readonly Explained[] {
  const [explained, setExplained] = useState<readonly Explained[]>([]);
  const { isLive, connection, connectionState } = store;
  const isNow = isLive && store.choice.cursor === null && connectionState === "live" && paths.length > 0;
  useEffect(() => {
    if (!isNow) return setExplained([]);
    let isOver = false;
    const ask = () =>
      connection!.explain(paths).then(
        (all) => isOver || setExplained(all),
        () => {},
      );
    ask();
    const timer = setInterval(ask, 1_000);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [paths.join(" "), isNow, turn]);
  return isNow ? explained : [];
}
