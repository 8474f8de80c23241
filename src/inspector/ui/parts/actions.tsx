// The buttons that start, stop and restart a service, after a question.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Row } from "../../shared/protocol.ts";
import { nameOf } from "../model/format.ts";
import { type Store, useStore } from "../model/store.ts";
import { allDependantsOf } from "../model/waiting.ts";

type Verb = "start" | "stop" | "restart";

const what: Readonly<Record<Verb, (path: string) => string>> = {
  start: (path) => `${path} starts, with a fresh budget of retries.`,
  stop: (path) => `${path} stops, and stays stopped until it is started by hand.`,
  restart: (path) =>
    `${path} stops in order and starts again; what depends on it goes on, stops or restarts as its definition says.`,
};

/** How long it is said that an action is done, in milliseconds. */
const saidMs = 5_000;

/** Why the page can change nothing now; null if it can. */
export function whyNot(store: Store): string | null {
  if (!store.isLive) return store.source.kind === "before" ? "This is the run before." : "This is a recording.";
  if (store.session?.readOnly) return "This inspector is read-only.";
  if (store.choice.cursor !== null) return "This is the past; go back to now first.";
  return store.connectionState === "live" ? null : "The connection is lost.";
}

export function Actions({ path, row, isRoot }: { path: string; row: Row | undefined; isRoot: boolean }) {
  const store = useStore();
  const [asked, setAsked] = useState<Verb | null>(null);
  const [message, setMessage] = useState<{ path: string; text: string; isError: boolean } | null>(null);
  useEffect(() => {
    if (message === null || message.isError) return;
    const timer = setTimeout(() => setMessage(null), saidMs);
    return () => clearTimeout(timer);
  }, [message]);
  if (isRoot || row === undefined) return null;
  const why = whyNot(store);
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
        <span role="status" class={message?.isError ? "danger" : "muted"} title={message?.text}>
          {message?.path === path ? message.text : ""}
        </span>
      </div>
      {why !== null && <p class="muted">{why}</p>}
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

/** How many dependants the question names. */
const mostNamed = 8;

function Confirm({ verb, path, onYes, onNo }: ConfirmProps) {
  const { tree } = useStore();
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current!.showModal(), []);
  const dependants = verb === "start" ? [] : allDependantsOf(path, tree!);
  return (
    <dialog ref={ref} onClose={onNo} aria-labelledby="confirm-title">
      <h2 id="confirm-title">
        {verb[0]!.toUpperCase() + verb.slice(1)} <code>{path}</code>?
      </h2>
      <p>{what[verb](path)}</p>
      {dependants.length > 0 && (
        <p class="dependants">
          Needed by <strong>{dependants.slice(0, mostNamed).map(nameOf).join(", ")}</strong>
          {dependants.length > mostNamed && ` and ${dependants.length - mostNamed} more`}.
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={onNo}>
          Cancel
        </button>
        <button type="button" class={verb === "start" ? "primary" : "primary grave"} onClick={onYes}>
          {verb[0]!.toUpperCase() + verb.slice(1)}
        </button>
      </div>
    </dialog>
  );
}
