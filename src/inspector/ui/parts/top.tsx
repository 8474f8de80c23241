// The top of the page: the tree and its health, search, theme, help; and a banner when the page does not show a live tree.

import type { Moment } from "../../shared/history.ts";
import { formatTime } from "../model/format.ts";
import { type Store, type Theme, useStore } from "../model/store.ts";
import { looks, type Tone, toneOf } from "../model/tones.ts";
import { matches, toLines } from "../model/tree.ts";
import { Badge } from "./badge.tsx";
import { Icon, Mark } from "./icon.tsx";

const order: readonly Tone[] = [
  "running",
  "unhealthy",
  "starting",
  "waiting",
  "backoff",
  "stopping",
  "failed",
  "stopped",
  "completed",
];

export function Top() {
  const store = useStore();
  const { history, choice } = store;
  const moment = history!.at(choice.cursor);
  const nextTheme: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
  const themeIcon = { auto: "auto", light: "sun", dark: "moon" } as const;
  return (
    <div class="top">
      <Mark />
      <h1>{history!.name}</h1>
      <Health moment={moment} name={history!.name} />
      <Counts moment={moment} />
      <span class="space" />
      <div class="search">
        <input
          id="search"
          type="search"
          aria-label="Search services, states and errors"
          placeholder="Search"
          value={choice.query}
          onInput={(event) => store.choose({ query: event.currentTarget.value })}
          onKeyDown={(event) => onSearchKey(event, store)}
        />
        {choice.query === "" && <kbd>/</kbd>}
      </div>
      <ConnectionPill store={store} />
      <button
        type="button"
        class="quiet"
        aria-label={`Theme: ${choice.theme}; change it`}
        title={`Theme: ${choice.theme}`}
        onClick={() => store.choose({ theme: nextTheme[choice.theme] })}
      >
        <Icon name={themeIcon[choice.theme]} />
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="Details"
        aria-pressed={choice.areDetailsOpen}
        title="Details (d)"
        onClick={() => store.choose({ areDetailsOpen: !choice.areDetailsOpen })}
      >
        <Icon name="panel" />
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="Help"
        title="Help (?)"
        onClick={() => store.choose({ isHelpOpen: true })}
      >
        <Icon name="help" />
      </button>
    </div>
  );
}

/** The keys of the search: to its first match, and out of it. */
function onSearchKey(event: KeyboardEvent, store: Store): void {
  const { query, cursor } = store.choice;
  if (event.key === "Escape" && query !== "") {
    event.stopPropagation();
    event.preventDefault();
    store.choose({ query: "" });
  }
  if (event.key !== "Enter" && event.key !== "ArrowDown") return;
  event.preventDefault();
  const lines = toLines(store.tree!, store.history!.at(cursor), new Set(), query);
  const hit = lines.find(({ node, row }) => matches(node.path, row, query));
  if (hit === undefined) return;
  store.select(hit.node.path);
  document.querySelector<HTMLElement>("[role=treegrid], [role=tree]")?.focus();
}

function Health({ moment, name }: { moment: Moment; name: string }) {
  const row = moment.rows.get(name);
  const health = row?.state === "running" ? (row.health ?? "unhealthy") : null;
  const tone: Tone = health === null ? toneOf(row) : health === "healthy" ? "running" : "unhealthy";
  return (
    <span class={`pill tone-${tone}`}>
      <span class="dot" />
      {health ?? looks[tone].label}
    </span>
  );
}

/** The counts of services; supervisors follow from them. */
function Counts({ moment }: { moment: Moment }) {
  const counts = new Map<Tone, number>();
  for (const row of moment.rows.values()) {
    if (row.kind === "supervisor") continue;
    const tone = toneOf(row);
    counts.set(tone, (counts.get(tone) ?? 0) + 1);
  }
  return (
    <ul class={`counts ${counts.size > 3 ? "brief" : ""}`} aria-label="Services by state">
      {order
        .filter((tone) => counts.has(tone))
        .map((tone) => (
          <li key={tone} title={looks[tone].label}>
            <Badge tone={tone} />
            {counts.get(tone)} <span class="muted wide-only">{looks[tone].label}</span>
          </li>
        ))}
    </ul>
  );
}

function ConnectionPill({ store }: { store: Store }) {
  const { connectionState, fileName, session, choice } = store;
  if (fileName !== null || session?.mode === "recording") return <span class="pill tone-stopped">recording</span>;
  if (choice.cursor !== null && connectionState === "live") return <span class="pill tone-waiting">the past</span>;
  const [tone, text] = { live: ["running", "live"], connecting: ["starting", "connecting"] }[
    connectionState as "live"
  ] ?? ["failed", "disconnected"];
  return (
    <span class={`pill tone-${tone}`} role="status">
      <span class="dot" />
      {text}
    </span>
  );
}

export function Banner() {
  const store = useStore();
  const { connectionState, fileName, session, history } = store;
  if (fileName !== null) {
    return (
      <div class="banner" role="status">
        <span>{fileName}: a recording, not the running tree</span>
        <button type="button" onClick={() => store.closeFile()}>
          Close it
        </button>
      </div>
    );
  }
  if (session?.mode !== "live") return null;
  if (connectionState === "denied") {
    return (
      <div class="banner" role="alert">
        The program was started anew, with another token. Open the URL that it printed.
      </div>
    );
  }
  if (connectionState !== "lost") return null;
  return (
    <div class="banner" role="alert">
      The connection is lost; this is how it was at {formatTime(history!.now() + history!.wallOffset)}. Trying again …
    </div>
  );
}
