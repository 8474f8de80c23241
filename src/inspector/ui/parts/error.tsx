// An error: its message, code, stack, causes and parts.

import type { ErrorInfo } from "../../shared/protocol.ts";
import { errorAsMarkdown, framesOf, isReason, placeOf } from "../model/error-text.ts";
import { CopyButton } from "./copy.tsx";

interface Props {
  readonly error: ErrorInfo;
  readonly isOpen?: boolean;
  /** The service, for the copy of the error; without it there is no button. */
  readonly path?: string;
}

export function ErrorBlock({ error, isOpen = false, path }: Props) {
  const frames = framesOf(error);
  if (isReason(error)) return <p class="message">{error.message}</p>;
  return (
    <div class="error">
      <p>
        <strong>{error.name}</strong>
        {error.code !== undefined && <code>{error.code}</code>}
        {path !== undefined && (
          <CopyButton text={() => errorAsMarkdown(path, error)} label="Copy the error as Markdown" />
        )}
      </p>
      <p class="message">{error.message}</p>
      {frames.length > 0 && (
        <details open={isOpen}>
          <summary>Stack</summary>
          <ol class="stack">
            {frames.map((frame, index) => (
              <li key={index}>
                <Frame frame={frame.trim().replace(/^at /, "")} />
              </li>
            ))}
          </ol>
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

/** A line of a stack, with a link that opens its file in Visual Studio Code. */
function Frame({ frame }: { frame: string }) {
  const place = placeOf(frame);
  if (place === null) return <>{frame}</>;
  const at = frame.lastIndexOf(place);
  return (
    <>
      {frame.slice(0, at)}
      <a href={`vscode://file${place}`} title="Open in Visual Studio Code">
        {place}
      </a>
      {frame.slice(at + place.length)}
    </>
  );
}
