// keys.ts: the keys that work in every view; each view has its own beside them.

import { useEffect } from "preact/hooks";
import { views } from "./choice.ts";
import { goToFailure, goToProblem } from "./moves.ts";
import { store } from "./store.ts";

export const keys: readonly (readonly [key: string, what: string])[] = [
  ["1 … 7", "go to a view"],
  ["/", "search"],
  ["↑ ↓ ← →", "move in the tree, fold and unfold"],
  ["Enter", "open the statechart of what is selected"],
  ["d", "show or hide the details"],
  ["n and p", "next problem, previous problem"],
  ["[ and ]", "the crash before, the crash after"],
  [", and .", "one fact back, one on"],
  ["Space", "play from the moment that is shown"],
  ["Esc", "back to now; close what is open"],
  ["+ − 0", "zoom a picture or the timeline, or fit it"],
  ["wheel", "moves a picture; with Ctrl, or by pinching, zooms it; with Shift, sideways"],
  ["double click", "on a service: its statechart"],
  ["drag", "over the lanes of the timeline: a range to zoom into or export"],
  ["?", "this help"],
];

export function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const target = event.target as HTMLElement;
      if (target.matches("input:not([type=range]), select, textarea")) {
        // The keys of the view work again.
        if (event.key === "Escape") focusView();
        return;
      }
      if (act(event.key, target)) event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function act(key: string, target: HTMLElement): boolean {
  const view = views[Number(key) - 1];
  if (view !== undefined) {
    store.choose({ view });
    focusView();
  } else if (key === "/") document.querySelector<HTMLInputElement>("#search")?.focus();
  else if (key === "?") store.choose({ isHelpOpen: true });
  else if (key === "d") store.choose({ areDetailsOpen: !store.choice.areDetailsOpen });
  else if (key === "n") goToProblem(1);
  else if (key === "p") goToProblem(-1);
  else if (key === "[") goToFailure(-1);
  else if (key === "]") goToFailure(1);
  else if (key === ",") store.step(-1);
  else if (key === ".") store.step(1);
  else if (key === "Escape") store.goTo(null);
  // Nothing has the focus on a page that was just opened.
  else if (key.startsWith("Arrow") && target === document.body) focusView();
  else if (key === " " && !target.matches("button, summary, a")) store.player.toggle();
  else return false;
  return true;
}

/** Moves the focus to what has the keys of a view, once it is drawn. */
export function focusView(): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const main = ["#view [data-keys]", ".side [role=tree]", "#view"]
        .map((selector) => document.querySelector<HTMLElement>(selector))
        .find((element) => element !== null && element.offsetParent !== null);
      main?.focus({ preventScroll: true });
    }),
  );
}
