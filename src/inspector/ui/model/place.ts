// place.ts: the view and the service in the address bar, for reloads, bookmarks and the button "back".

import { type Choice, store, views } from "./store.ts";

type Place = Partial<Pick<Choice, "view" | "selected">>;

function readPlace(): Place {
  const named = new URLSearchParams(location.hash.slice(1));
  const view = views.find((one) => one === named.get("view"));
  const selected = named.get("path");
  return { ...(view !== undefined && { view }), ...(selected !== null && { selected }) };
}

/** The button "back" undoes a change of the view, not of the service. */
function writePlace(): void {
  const { view, selected } = store.choice;
  if (store.history === null || selected === null) return;
  const hash = `#${new URLSearchParams({ view, path: selected })}`;
  if (hash === location.hash) return;
  const before = readPlace().view;
  if (before === undefined || before === view) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
}

/** Connects, and again when another URL with a token is opened in this tab. */
export function followPlace(): void {
  addEventListener("hashchange", () => {
    if (/[#&]token=/.test(location.hash)) store.connect();
    else store.choose(readPlace());
  });
  store.choose(readPlace());
  store.connect();
  store.subscribe(writePlace);
}
