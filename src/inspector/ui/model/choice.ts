// choice.ts: what the user has chosen to see.

import { readKept } from "./kept.ts";

export const views = ["problems", "tree", "chart", "dependencies", "timeline", "sequence", "log"] as const;
export type View = (typeof views)[number];
export type Theme = "auto" | "light" | "dark";

export interface Choice {
  view: View;
  /** The path of the selected service. */
  selected: string | null;
  /** The number of the fact after which the page is shown; null is now. */
  cursor: number | null;
  /** A moment to compare with. */
  pinned: number | null;
  query: string;
  theme: Theme;
  isHelpOpen: boolean;
  areDetailsOpen: boolean;
  notice: string | null;
}

export function firstChoice(): Choice {
  return {
    view: "tree",
    selected: null,
    cursor: null,
    pinned: null,
    query: "",
    theme: readTheme(),
    isHelpOpen: false,
    areDetailsOpen: readKept("details", hasRoomForDetails()),
    notice: null,
  };
}

/** On a phone the details cover the view: there they are opened by hand. */
function hasRoomForDetails(): boolean {
  return typeof innerWidth !== "number" || innerWidth > 720;
}

function readTheme(): Theme {
  try {
    const theme = localStorage.getItem("statevisor-theme");
    return theme === "light" || theme === "dark" ? theme : "auto";
  } catch {
    return "auto";
  }
}

export function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem("statevisor-theme", theme);
  } catch {
    // The theme lasts until the page is loaded again.
  }
}
