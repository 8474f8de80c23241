// What a view says when nothing fits the search, with a way out of it.

import { store } from "../model/store.ts";

export function NothingFound() {
  return (
    <div class="empty">
      <p>Nothing fits “{store.choice.query}”.</p>
      <button type="button" onClick={() => store.choose({ query: "" })}>
        Clear the search
      </button>
    </div>
  );
}
