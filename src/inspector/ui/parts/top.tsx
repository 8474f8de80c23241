// The top of the page: the tree and its health, search, the connection, theme, help.

import { useState } from "preact/hooks";
import type { Moment } from "../../shared/history.ts";
import type { Theme } from "../model/choice.ts";
import { formatClock } from "../model/format.ts";
import { linkToHere } from "../model/place.ts";
import { type Store, useStore } from "../model/store.ts";
import { looks, type Tone, toneOf } from "../model/tones.ts";
import { matches, toLines } from "../model/tree.ts";
import { CopyButton } from "./copy.tsx";
import { Icon, Mark } from "./icon.tsx";

export function Top() {
  const store = useStore();
  const { history, choice } = store;
  const moment = history!.at(choice.cursor);
  const nextTheme: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
  const themeIcon = { auto: "auto", light: "sun", dark: "moon" } as const;
  return (
    <div class="top">
      <Mark />
      <h1 title={history!.name}>{history!.name}</h1>
      <Health moment={moment} store={store} />
      <span class="space" />
      <Search store={store} />
      <ConnectionPill store={store} />
      <CopyButton text={linkToHere} label="Copy a link to what is shown" icon="link" />
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

/** The search: on a phone, behind a button. */
function Search({ store }: { store: Store }) {
  const [isOpen, setOpen] = useState(false);
  const { query } = store.choice;
  return (
    <div class={`search ${isOpen || query !== "" ? "open" : ""}`}>
      <button
        type="button"
        class="quiet narrow-search"
        aria-label="Search"
        aria-expanded={isOpen}
        onClick={() => {
          setOpen(true);
          requestAnimationFrame(() => document.querySelector<HTMLInputElement>("#search")?.focus());
        }}
      >
        <Icon name="search" />
      </button>
      <input
        id="search"
        type="search"
        aria-label="Search services, states and errors"
        placeholder="Search, or state:backoff"
        value={query}
        onInput={(event) => store.choose({ query: event.currentTarget.value })}
        onBlur={() => setOpen(false)}
        onKeyDown={(event) => onSearchKey(event, store)}
      />
      {query === "" && <kbd>/</kbd>}
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

/** The health of the tree; without a connection, how it was. */
function Health({ moment, store }: { moment: Moment; store: Store }) {
  const history = store.history!;
  const tone: Tone = toneOf(moment.rows.get(history.name));
  const label = tone === "running" ? "healthy" : looks[tone].label;
  if (store.isStale) {
    return (
      <span class="pill tone-unknown stale">{`was ${label} at ${formatClock(history.now() + history.wallOffset)}`}</span>
    );
  }
  return (
    <span class={`pill tone-${tone}`}>
      <span class="dot" />
      {label}
    </span>
  );
}

function ConnectionPill({ store }: { store: Store }) {
  const { connectionState, source, session, choice } = store;
  if (source.kind === "before") return <span class="pill tone-waiting past">the run before</span>;
  if (source.kind === "file" || session?.mode === "recording") return <span class="pill tone-stopped">recording</span>;
  if (choice.cursor !== null && connectionState === "live") return <span class="pill tone-waiting past">the past</span>;
  const [tone, text] = { live: ["running", "live"], connecting: ["starting", "connecting"] }[
    connectionState as "live"
  ] ?? ["failed", "disconnected"];
  return (
    <span class={`pill tone-${tone} connection`} role="status">
      <span class="dot" />
      {text}
    </span>
  );
}
