// Sends an event to the user's machine, after a question the first time.

import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../model/store.ts";
import { whyNot } from "./actions.tsx";
import { Icon } from "./icon.tsx";

/** Whether the user has agreed to send events, in this page. */
let isAgreed = false;

/** How long it is said that an event was sent, in milliseconds. */
const saidMs = 5_000;

/** What sends events: `ask` opens the question, or sends at once; null when nothing can be sent now. */
export function useSending(path: string) {
  const store = useStore();
  const [asked, setAsked] = useState<string | null>(null);
  const [said, say] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => say(null), saidMs);
    return () => clearTimeout(timer);
  }, [said]);
  const send = async (type: string, payload: string) => {
    isAgreed = true;
    setAsked(null);
    say((await store.connection!.send(path, type, payload)) ?? `${type}: sent`);
  };
  const ask = (type: string) => (isAgreed ? send(type, "") : setAsked(type));
  // The machine may move on while the question is open: it stays.
  const question =
    asked === null ? null : (
      <Ask path={path} type={asked} onSend={(payload) => send(asked, payload)} onNo={() => setAsked(null)} />
    );
  return { ask: whyNot(store) === null ? ask : null, question, said };
}

export function SendButton({ path, type, onSend }: { path: string; type: string; onSend: (type: string) => void }) {
  return (
    <button type="button" class="quiet tiny" title={`Send ${type} to ${path}`} onClick={() => onSend(type)}>
      <Icon name="send" />
      send
    </button>
  );
}

interface AskProps {
  readonly path: string;
  readonly type: string;
  readonly onSend: (payload: string) => void;
  readonly onNo: () => void;
}

function Ask({ path, type, onSend, onNo }: AskProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const [payload, setPayload] = useState("");
  useEffect(() => ref.current!.showModal(), []);
  const isGood = payload.trim() === "" || isJsonObject(payload);
  return (
    <dialog ref={ref} onClose={onNo} aria-labelledby="send-title">
      <h2 id="send-title">
        Send <code>{type}</code> to <code>{path}</code>?
      </h2>
      <p>The machine takes it like any other event. This is asked once; then a click sends.</p>
      <label class="payload">
        Its other fields, as JSON (may be empty)
        <textarea
          rows={3}
          placeholder='{ "amount": 3 }'
          value={payload}
          aria-invalid={!isGood}
          onInput={(event) => setPayload(event.currentTarget.value)}
        />
      </label>
      <div class="buttons">
        <button type="button" onClick={onNo}>
          Cancel
        </button>
        <button type="button" class="primary" disabled={!isGood} onClick={() => onSend(payload)}>
          Send
        </button>
      </div>
    </dialog>
  );
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
