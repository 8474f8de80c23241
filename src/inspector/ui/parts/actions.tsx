// The buttons that start, stop and restart a service, after a question: all that the page can change.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Row } from "../../shared/protocol.ts";
import { useStore } from "../model/store.ts";

type Verb = "start" | "stop" | "restart";

const what: Readonly<Record<Verb, (path: string) => string>> = {
  start: (path) => `${path} starts, with a fresh budget of retries.`,
  stop: (path) => `${path} stops, and stays stopped until it is started by hand.`,
  restart: (path) =>
    `${path} stops in order and starts again; what depends on it goes on, stops or restarts as its definition says.`,
};

export function Actions({ path, row, isRoot }: { path: string; row: Row | undefined; isRoot: boolean }) {
  const store = useStore();
  const [asked, setAsked] = useState<Verb | null>(null);
  const [message, setMessage] = useState<{ path: string; text: string; isError: boolean } | null>(null);
  if (isRoot || row === undefined) return null;
  const why = !store.isLive
    ? "This is a recording."
    : store.session?.readOnly
      ? "This inspector is read-only."
      : store.choice.cursor !== null
        ? "This is the past; go back to now first."
        : store.connectionState !== "live"
          ? "The connection is lost."
          : null;
  const isDown = row.state === "stopped" || row.state === "failed";
  const can: Record<Verb, boolean> = {
    start: isDown || row.state === "backoff",
    stop: !isDown && row.state !== "stopping",
    restart: true,
  };
  const act = async (verb: Verb) => {
    setAsked(null);
    setMessage({ path, text: `${verb}: asked …`, isError: false });
    const error = await store.connection!.act(verb, path);
    setMessage(error === null ? { path, text: `${verb}: done`, isError: false } : { path, text: error, isError: true });
  };
  return (
    <div class="actions">
      <div class="row">
        {(["restart", "stop", "start"] as const).map((verb) => (
          <button
            key={verb}
            type="button"
            disabled={why !== null || !can[verb]}
            title={why ?? undefined}
            onClick={() => setAsked(verb)}
          >
            {verb[0]!.toUpperCase() + verb.slice(1)}
          </button>
        ))}
      </div>
      {why !== null && <p class="muted">{why}</p>}
      <p role="status" class={message?.isError ? "danger" : "muted"}>
        {message?.path === path ? message.text : ""}
      </p>
      {asked !== null && <Confirm verb={asked} path={path} onYes={() => act(asked)} onNo={() => setAsked(null)} />}
    </div>
  );
}

interface ConfirmProps {
  verb: Verb;
  path: string;
  onYes: () => void;
  onNo: () => void;
}

function Confirm({ verb, path, onYes, onNo }: ConfirmProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current!.showModal(), []);
  return (
    <dialog ref={ref} onClose={onNo} aria-labelledby="confirm-title">
      <h2 id="confirm-title">
        {verb[0]!.toUpperCase() + verb.slice(1)} <code>{path}</code>?
      </h2>
      <p>{what[verb](path)}</p>
      <div class="buttons">
        <button type="button" onClick={onNo}>
          Cancel
        </button>
        <button type="button" class="primary" onClick={onYes}>
          {verb[0]!.toUpperCase() + verb.slice(1)}
        </button>
      </div>
    </dialog>
  );
}
