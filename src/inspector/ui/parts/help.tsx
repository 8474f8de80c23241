// Help: the keys, and what the letters and colours mean.

import { useEffect, useRef } from "preact/hooks";
import { keys } from "../model/keys.ts";
import { store } from "../model/store.ts";
import { looks, type Tone } from "../model/tones.ts";
import { Badge } from "./badge.tsx";

export function Help() {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current!.showModal(), []);
  const close = () => store.choose({ isHelpOpen: false });
  return (
    <dialog ref={ref} onClose={close} aria-labelledby="help-title">
      <h2 id="help-title">Keys and signs</h2>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <h3>States</h3>
      <div class="legend">
        {(Object.keys(looks) as Tone[]).map((tone) => (
          <>
            <Badge tone={tone} />
            <strong>{looks[tone].label}</strong>
            <span class="muted">{looks[tone].meaning}</span>
          </>
        ))}
      </div>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => ref.current!.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
