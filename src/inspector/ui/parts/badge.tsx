// A state at a glance: a colour and a letter, and its name for those who hear it.

import { looks, type Tone } from "../model/tones.ts";

export function Badge({ tone, title }: { tone: Tone; title?: string }) {
  const { letter, label } = looks[tone];
  return (
    <span class={`badge tone-${tone}`} title={title ?? label} aria-hidden="true">
      {letter}
    </span>
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
