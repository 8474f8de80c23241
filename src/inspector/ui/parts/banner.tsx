// The banner above the page, when it does not show a live tree, or a tree that was started anew.

import { saveRecording } from "../model/file.ts";
import { formatClock, formatTime } from "../model/format.ts";
import { useStore } from "../model/store.ts";
import { Icon } from "./icon.tsx";

export function Banner() {
  const store = useStore();
  const { connectionState, source, session, history } = store;
  if (source.kind === "file") {
    return (
      <div class="banner" role="status">
        <span>
          {source.name}: a recording, not the running tree{source.note !== null && <em> “{source.note}”</em>}
        </span>
        <button type="button" onClick={() => store.showLive()}>
          Close it
        </button>
      </div>
    );
  }
  if (source.kind === "before") {
    return (
      <div class="banner" role="status">
        <span>This is the run before; the program has been started anew.</span>
        <button type="button" onClick={() => saveRecording(history!.toRecording())}>
          Export it
        </button>
        <button type="button" onClick={() => store.showLive()}>
          To the running tree
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
  if (connectionState === "lost") {
    return (
      <div class="banner" role="alert">
        The connection is lost; this is how it was at {formatTime(history!.now() + history!.wallOffset)}. Trying again …
      </div>
    );
  }
  if (store.before === null) return null;
  return (
    <div class="banner quiet" role="status">
      <span>The program was started anew at {formatClock(history!.begin + history!.wallOffset)}.</span>
      <button type="button" onClick={() => store.showBefore()}>
        Look at the run before
      </button>
      <button type="button" onClick={() => saveRecording(store.before!.toRecording())}>
        Export it
      </button>
      <button type="button" class="quiet" aria-label="Forget the run before" onClick={() => store.forgetBefore()}>
        <Icon name="close" />
      </button>
    </div>
  );
}
