// tab-sign.ts: the state of the tree in the title and the icon of the browser's tab.

import { useEffect } from "preact/hooks";
import { problemsOf } from "./problems.ts";
import { useStore } from "./store.ts";
import { type Tone, toneOf } from "./tones.ts";

/** The colours of the dot, readable on light and dark tabs alike; null: no dot. */
const dots: Partial<Record<Tone, string>> = {
  failed: "#d55e00",
  backoff: "#e69f00",
  unhealthy: "#d55e00",
  degraded: "#e69f00",
  unknown: "#8b95a3",
};

export function useTabSign(): void {
  const store = useStore();
  const { history, choice, tree } = store;
  const moment = history?.at(choice.cursor);
  const causes = tree === null || moment === undefined ? 0 : problemsOf(tree, moment).causes;
  const tone: Tone = store.isStale ? "unknown" : toneOf(moment?.rows.get(history?.name ?? ""));
  const title =
    history === null || history === undefined
      ? "statevisor"
      : `${causes > 0 ? `● ${causes} broken · ` : ""}${history.name} · statevisor`;
  useEffect(() => {
    document.title = store.isStale ? `○ ${history?.name} · statevisor` : title;
  }, [title, store.isStale]);
  useEffect(() => {
    // A browser takes its time for an icon, and the first picture has none to spare.
    if (history === null) return;
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (link !== null) link.href = `data:image/svg+xml,${encodeURIComponent(toIcon(dots[tone] ?? null))}`;
  }, [tone, history === null]);
}

function toIcon(dot: string | null): string {
  const sign =
    '<rect width="32" height="32" rx="7" fill="#0072b2"/><path d="M16 11v4M16 15H9.5v4M16 15h6.500v4" fill="none" stroke="#fff" stroke-width="2.500"/><rect x="12" y="5" width="8" height="6.500" rx="2" fill="#fff"/><rect x="5.500" y="19" width="8" height="6.500" rx="2" fill="#fff"/><rect x="18.500" y="19" width="8" height="6.500" rx="2" fill="#e69f00"/>';
  const mark = dot === null ? "" : `<circle cx="24" cy="24" r="8" fill="${dot}" stroke="#fff" stroke-width="2"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${sign}${mark}</svg>`;
}
