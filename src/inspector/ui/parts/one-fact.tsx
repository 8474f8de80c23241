// One fact of the log, with everything that is known of it.

import type { Entry, ErrorInfo } from "../../shared/protocol.ts";
import { formatTime } from "../model/format.ts";
import { store } from "../model/store.ts";
import { ErrorBlock } from "./error.tsx";
import { Icon } from "./icon.tsx";

export function OneFact({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const { error, ...rest } = entry as Entry & { error?: ErrorInfo };
  return (
    <section class="fact" aria-label="The chosen fact">
      <div class="head">
        <strong>{entry.path}</strong>
        <span class="muted mono">
          {formatTime(entry.at + store.history!.wallOffset)} · #{entry.n}
        </span>
        <span class="space" />
        <button type="button" onClick={() => store.goTo(entry.n)}>
          Go to this moment
        </button>
        <button type="button" onClick={() => store.select(entry.path)}>
          Select
        </button>
        <button type="button" class="quiet" aria-label="Close the fact" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {error !== undefined && <ErrorBlock error={error} path={entry.path} isOpen />}
      <pre tabIndex={0}>{JSON.stringify(rest, null, 1).replaceAll(/\n\s*/g, " ")}</pre>
    </section>
  );
}
