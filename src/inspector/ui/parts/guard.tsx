// A part of the page that fails alone: the others go on, and the user sees what went wrong.

import type { ComponentChildren } from "preact";
import { useErrorBoundary } from "preact/hooks";

/** `name`: what is in it, for the message. Give it a key: another one begins anew. */
export function Guard({ name, children }: { name: string; children: ComponentChildren }) {
  const [error, tryAgain] = useErrorBoundary((caught: Error) => console.error(caught));
  if (error === undefined) return <>{children}</>;
  return (
    <div class="empty" role="alert">
      <p>
        {name} cannot be shown: <code>{String(error)}</code>
      </p>
      <button type="button" onClick={tryAgain}>
        Try again
      </button>
    </div>
  );
}
