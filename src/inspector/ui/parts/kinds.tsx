// Chooses the kinds of facts that a view shows.

import { type Kind, kinds } from "../model/wording.ts";

export function Kinds({ shown, onChange }: { shown: ReadonlySet<Kind>; onChange: (shown: ReadonlySet<Kind>) => void }) {
  return (
    <div class="group kinds" role="group" aria-label="Kinds of facts">
      {kinds.map(([kind, label]) => (
        <button
          key={kind}
          type="button"
          aria-pressed={shown.has(kind)}
          onClick={() => {
            const next = new Set(shown);
            if (!next.delete(kind)) next.add(kind);
            onChange(next);
          }}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
