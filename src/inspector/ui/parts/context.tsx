// The context of a machine, and what the last step has changed in it.

import type { ChartStep } from "../model/chart-steps.ts";
import { diff, parseContext } from "../model/diff.ts";
import { useKept } from "../model/kept.ts";
import { Differences } from "./differences.tsx";

export function Context({ step }: { step: ChartStep }) {
  const [isOpen, setOpen] = useKept("context", false);
  const now = parseContext(step.context);
  const changes = step.contextBefore === undefined ? [] : diff(parseContext(step.contextBefore), now);
  return (
    <details
      class="context"
      open={isOpen}
      onToggle={(event) => event.currentTarget.open !== isOpen && setOpen(event.currentTarget.open)}
    >
      <summary>
        Context{" "}
        <span class="muted">{changes.length === 0 ? "unchanged by the last step" : `${changes.length} changed`}</span>
      </summary>
      <div class="columns">
        {changes.length > 0 && <Differences all={changes} />}
        <pre tabIndex={0}>{typeof now === "string" ? now : JSON.stringify(now, null, 2)}</pre>
      </div>
    </details>
  );
}
