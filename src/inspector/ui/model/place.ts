// place.ts: the view, the service, the query and the moment in the address bar, for reloads, links and the button "back".

import { type Choice, views } from "./choice.ts";
import { store } from "./store.ts";

type Place = Partial<Pick<Choice, "view" | "selected" | "query">>;

/** How long the address waits for the next letter of a query, or the next step through the history, in milliseconds. */
const restMs = 300;

function readPlace(): Place {
  const named = new URLSearchParams(location.hash.slice(1));
  const view = views.find((one) => one === named.get("view"));
  const selected = named.get("path");
  const query = named.get("q") ?? "";
  return { ...(view !== undefined && { view }), ...(selected !== null && { selected }), query };
}

/** The moment that the address names: a fact of one run of the program. */
function readMoment(): { run: string; n: number } | null {
  const named = new URLSearchParams(location.hash.slice(1));
  const [run, n] = [named.get("run"), Number(named.get("fact") ?? Number.NaN)];
  return run !== null && Number.isInteger(n) ? { run, n } : null;
}

function toHash(): string {
  const { view, selected, query, cursor } = store.choice;
  const named = new URLSearchParams({ view, path: selected ?? "" });
  if (query !== "") named.set("q", query);
  if (cursor !== null) {
    named.set("fact", String(cursor));
    named.set("run", store.run);
  }
  return `#${named}`;
}

/** The address of what the page shows, with the token: for another tab, or another person. */
export function linkToHere(): string {
  const named = new URLSearchParams(toHash().slice(1));
  const token = store.connection?.token ?? "";
  if (token !== "") named.set("token", token);
  return `${location.origin}${location.pathname}#${named}`;
}

/** The hash that was written or followed last: another one in the address bar is the user's, and is not written over. */
let known = "";
let timer: ReturnType<typeof setTimeout> | null = null;

/** The button "back" undoes a change of the view, not of the service. */
function writePlace(): void {
  if (store.history === null || store.choice.selected === null) return;
  const hash = toHash();
  if (hash === known) return;
  if (timer !== null) clearTimeout(timer);
  timer = null;
  const [now, then] = [new URLSearchParams(hash), new URLSearchParams(known)];
  const isPlace = now.get("#view") !== then.get("#view") || now.get("path") !== then.get("path");
  if (!isPlace && known !== "") {
    timer = setTimeout(write, restMs);
    return;
  }
  write();
}

function write(): void {
  timer = null;
  const hash = toHash();
  if (hash === known) return;
  const before = new URLSearchParams(known.slice(1)).get("view");
  known = hash;
  try {
    if (before === null || before === store.choice.view) history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
  } catch {
    // A browser may refuse many changes in a short time.
  }
}

/** Shows what the address names. */
function follow(): void {
  if (location.hash === known) return;
  known = location.hash;
  const moment = readMoment();
  if (moment === null) store.choose({ ...readPlace(), cursor: null });
  else {
    store.choose(readPlace());
    store.goToFact(moment.run, moment.n);
  }
}

/** Connects, and again when another URL with a token is opened in this tab. */
export function followPlace(): void {
  const onMove = () => {
    if (!/[#&]token=/.test(location.hash)) return follow();
    store.connect();
    follow();
  };
  addEventListener("hashchange", onMove);
  addEventListener("popstate", onMove);
  store.connect();
  follow();
  store.subscribe(writePlace);
}
