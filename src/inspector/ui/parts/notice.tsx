// A notice that the user closes: a file that could not be opened, a moment that is gone.

import { useStore } from "../model/store.ts";
import { Icon } from "./icon.tsx";

export function Notice() {
  const store = useStore();
  if (store.choice.notice === null) return null;
  return (
    <p class="notice" role="alert">
      {store.choice.notice}
      <button type="button" class="quiet" aria-label="Close" onClick={() => store.choose({ notice: null })}>
        <Icon name="close" />
      </button>
    </p>
  );
}
