// The strip below the tabs: how many services are in which state, each a filter, and the gravest problem in words.

import { endOfPath } from "../model/format.ts";
import { goToProblem } from "../model/moves.ts";
import { countTones, problemsOf, strip } from "../model/problems.ts";
import { toNext, toReason } from "../model/sentence.ts";
import { useStore, useTicks } from "../model/store.ts";
import { looks, type Tone } from "../model/tones.ts";
import { Badge } from "./badge.tsx";
import { Icon } from "./icon.tsx";

export function Strip() {
  const store = useStore();
  useTicks(500);
  const { history, choice, tree } = store;
  const moment = history!.at(choice.cursor);
  const counts = countTones(moment);
  return (
    <div class={`strip ${store.isStale ? "stale" : ""}`}>
      <ul aria-label="Services by state">
        {strip
          .filter(({ tone, always }) => always || counts.has(tone))
          .map(({ tone }) => (
            <li key={tone}>
              <CountFilter tone={tone} count={counts.get(tone) ?? 0} />
            </li>
          ))}
      </ul>
      <span class="space" />
      <Gravest scene={{ tree: tree!, moment, now: store.shownNow }} />
    </div>
  );
}

/** The count of a state, which shows the services in it. */
function CountFilter({ tone, count }: { tone: Tone; count: number }) {
  const store = useStore();
  const query = `state:${tone}`;
  const isOn = store.choice.query === query;
  const hasLines = ["tree", "timeline"].includes(store.choice.view);
  return (
    <button
      type="button"
      class={`count-filter ${count === 0 ? "none" : ""}`}
      aria-pressed={isOn}
      title={isOn ? "Show all services" : `Show what is ${looks[tone].label}: ${looks[tone].meaning}`}
      onClick={() => store.choose({ query: isOn ? "" : query, ...(!hasLines && { view: "tree" }) })}
    >
      <Badge tone={tone} />
      <span class="number">{count}</span>
      {looks[tone].label}
    </button>
  );
}

/** In characters: the reason stands beside it. */
const longestName = 24;

function Gravest({ scene }: { scene: Parameters<typeof toReason>[1] }) {
  const store = useStore();
  const { all, culprits } = problemsOf(scene.tree, scene.moment);
  const [first] = all;
  if (first === undefined) return <span class="gravest muted">nothing is wrong</span>;
  const reason = toReason(first.path, scene, culprits.get(first.path) ?? null);
  const next = toNext(first.path, scene);
  return (
    <span class="gravest">
      <button
        type="button"
        class="quiet first"
        title={`${first.path}: ${reason}`}
        onClick={() => store.choose({ selected: first.path, areDetailsOpen: true })}
      >
        <strong>{endOfPath(first.path, longestName)}</strong>
        <span class="why">{reason || looks[first.tone].label}</span>
        {first.tone === "backoff" && <span class="muted next">{next}</span>}
      </button>
      {all.length > 1 && (
        <>
          <button
            type="button"
            class="quiet"
            aria-label="Previous problem"
            title="Previous problem (p)"
            onClick={() => goToProblem(-1)}
          >
            <Icon name="back" />
          </button>
          <button
            type="button"
            class="quiet"
            aria-label="Next problem"
            title="Next problem (n)"
            onClick={() => goToProblem(1)}
          >
            <Icon name="on" />
          </button>
        </>
      )}
    </span>
  );
}
