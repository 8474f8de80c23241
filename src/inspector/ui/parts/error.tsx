// An error: its message, code, stack, causes and parts.

import type { ErrorInfo } from "../../shared/protocol.ts";

export function ErrorBlock({ error, isOpen = false }: { error: ErrorInfo; isOpen?: boolean }) {
  // V8 repeats the message at the head of the stack.
  const at = error.stack?.indexOf("\n    at ") ?? -1;
  const frames = at === -1 ? "" : error.stack!.slice(at + 1);
  return (
    <div class="error">
      <p>
        <strong>{error.name}</strong>
        {error.code !== undefined && <code>{error.code}</code>}
      </p>
      <p class="message">{error.message}</p>
      {frames !== "" && (
        <details open={isOpen}>
          <summary>Stack</summary>
          {/* A stack may be wider than its place: it can be scrolled by the keyboard, too. */}
          <pre tabIndex={0}>{frames.replaceAll(/^ {4}/gm, "")}</pre>
        </details>
      )}
      {error.cause !== undefined && (
        <div class="cause">
          <span class="muted">caused by</span>
          <ErrorBlock error={error.cause} />
        </div>
      )}
      {error.errors !== undefined && (
        <div class="cause">
          <span class="muted">made of</span>
          {error.errors.map((one, index) => (
            <ErrorBlock key={index} error={one} />
          ))}
        </div>
      )}
    </div>
  );
}
