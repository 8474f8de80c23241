// The badge of a state: a colour and a letter, and its name for screen readers.

import { looks, type Tone } from "../model/tones.ts";

export function Badge({ tone, title }: { tone: Tone; title?: string }) {
  const { letter, label } = looks[tone];
  return (
    // The style sheet draws the letter: it is a sign, not a part of the text.
    <span class={`badge tone-${tone}`} title={title ?? label} data-letter={letter} aria-hidden="true" />
  );
}

export function StateLabel({ tone, detail }: { tone: Tone; detail?: string | undefined }) {
  return (
    <span class="state">
      <Badge tone={tone} />
      <span>
        {looks[tone].label}
        {detail !== undefined && <span class="muted"> · {detail}</span>}
      </span>
    </span>
  );
}
