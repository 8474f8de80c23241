// connection.ts: the session, the stream with its reconnects, and the requests of the page.

import type { Events, Recording, Session } from "../../shared/protocol.ts";
import { takeAhead } from "./ahead.ts";
import { SseParser } from "./sse.ts";

export type ConnectionState = "connecting" | "live" | "lost" | "denied" | "closed";

export interface Listener {
  onState(state: ConnectionState): void;
  onEvent<Name extends keyof Events>(name: Name, data: Events[Name]): void;
}

/** A server that has sent nothing for this long, not even a sign of life, counts as gone. */
const silenceMs = 25_000;

const storageKey = "statevisor-token";

/** The token of the URL, which then disappears from the address bar; or the one of this tab. The place stays. */
export function takeToken(): string {
  const [, fromHash] = /[#&?]token=([^&]+)/.exec(location.hash) ?? [];
  if (fromHash !== undefined) {
    keepToken(decodeURIComponent(fromHash));
    const rest = location.hash
      .slice(1)
      .replace(/(^|&)token=[^&]*/, "")
      .replace(/^&/, "");
    history.replaceState(null, "", `${location.pathname}${rest === "" ? "" : `#${rest}`}`);
  }
  try {
    return sessionStorage.getItem(storageKey) ?? "";
  } catch {
    return fromHash ?? "";
  }
}

export function keepToken(token: string): void {
  try {
    sessionStorage.setItem(storageKey, token);
  } catch {
    // Without storage the token lasts until the page is loaded again.
  }
}

export class Connection {
  readonly token: string;
  readonly #listener: Listener;
  #abort: AbortController | null = null;
  #parser = new SseParser();
  #retryMs = 250;
  #isClosed = false;
  /** The answers to the first questions, asked for ahead. */
  #session: Promise<Response> | null = null;
  #asked: Promise<Response> | null = null;

  constructor(token: string, listener: Listener) {
    this.token = token;
    this.#listener = listener;
    const ahead = takeAhead(token);
    if (ahead === null) return;
    this.#session = ahead.session;
    this.#asked = ahead.stream;
    this.#abort = ahead.abort;
  }

  get #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token}` };
  }

  async session(): Promise<Session | null> {
    const asked = this.#session ?? fetch("./api/session", { headers: this.#headers });
    this.#session = null;
    const response = await asked;
    if (response.status === 401) return null;
    const session: Session = await response.json();
    return session;
  }

  async recording(): Promise<Recording> {
    const response = await fetch("./api/recording", { headers: this.#headers });
    const recording: Recording = await response.json();
    return recording;
  }

  async explain(paths: readonly string[]): Promise<Explained[]> {
    const query = paths.map((path) => `path=${encodeURIComponent(path)}`).join("&");
    const response = await fetch(`./api/explain?${query}`, { headers: this.#headers });
    if (!response.ok) return [];
    const explained: Explained[] = await response.json();
    return explained;
  }

  /** Resolves to the reason of a failure, or to null. */
  act(verb: "start" | "stop" | "restart", path: string): Promise<string | null> {
    return this.#post(verb, { path });
  }

  /** Sends an event to the user's machine; `payload`: its other fields as JSON, or "". */
  send(path: string, type: string, payload: string): Promise<string | null> {
    const fields: object = payload.trim() === "" ? {} : (JSON.parse(payload) as object);
    return this.#post("send", { path, event: { ...fields, type } });
  }

  async #post(verb: string, body: object): Promise<string | null> {
    try {
      const response = await fetch(`./api/${verb}`, {
        method: "POST",
        headers: { ...this.#headers, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (response.ok) return null;
      const { error }: { error?: { message?: string } } = await response.json();
      return error?.message ?? `the server answered ${response.status}`;
    } catch {
      return "the server cannot be reached";
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#abort?.abort();
  }

  /** Asks for the stream at once, before it is known what there is to follow. */
  begin(): void {
    if (!document.hidden) this.#asked ??= this.#ask();
  }

  /** Streams until it is closed; goes on where it was after each loss. */
  async follow(): Promise<void> {
    while (!this.#isClosed) {
      await this.#whenSeen();
      if (this.#isClosed) return;
      const isDenied = await this.#stream();
      if (this.#isClosed) return;
      if (document.hidden) continue;
      this.#listener.onState(isDenied ? "denied" : "lost");
      if (isDenied) return;
      await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
      this.#retryMs = Math.min(this.#retryMs * 2, 4_000);
    }
  }

  // A browser has six connections to a server for all of its tabs: with six streams, no page could load or act. So a
  // hidden page closes its stream, and goes on where it was when it is shown again.
  #whenSeen(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (document.hidden && !this.#isClosed) return;
        document.removeEventListener("visibilitychange", look);
        resolve();
      };
      document.addEventListener("visibilitychange", look);
      look();
    });
  }

  #ask(): Promise<Response> {
    this.#abort = new AbortController();
    const { lastId } = this.#parser;
    this.#parser = new SseParser();
    this.#parser.lastId = lastId;
    const response = fetch("./events", {
      headers: { ...this.#headers, ...(lastId !== "" && { "last-event-id": lastId }) },
      signal: this.#abort.signal,
      cache: "no-store",
    });
    // `#stream`, which reads it later, sees the failure.
    response.catch(() => {});
    return response;
  }

  async #stream(): Promise<boolean> {
    const asked = this.#asked ?? this.#ask();
    this.#asked = null;
    const { signal } = this.#abort!;
    document.addEventListener("visibilitychange", () => document.hidden && this.#abort?.abort(), { signal });
    let timer = setTimeout(() => this.#abort?.abort(), silenceMs);
    try {
      const response = await asked;
      if (response.status === 401 || response.status === 403) return true;
      if (!response.ok || response.body === null) return false;
      this.#listener.onState("live");
      this.#retryMs = 250;
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return false;
        clearTimeout(timer);
        timer = setTimeout(() => this.#abort?.abort(), silenceMs);
        for (const { event, data } of this.#parser.push(decoder.decode(value, { stream: true }))) {
          this.#listener.onEvent(event as keyof Events, JSON.parse(data) as never);
          // The first picture does not wait for the facts behind it.
          if (event === "snapshot") await drawn();
        }
      }
    } catch {
      return false;
    } finally {
      // The stream was closed meanwhile.
      this.#abort?.abort();
      clearTimeout(timer);
    }
  }
}

/** Resolves once the next frame is painted; a hidden page has none. */
function drawn(): Promise<void> {
  return new Promise((resolve) => {
    if (document.hidden) return resolve();
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** An explanation as the server sends it. */
export interface Explained {
  readonly path: string;
  readonly summary?: string;
  /** What a cluster adds: where a role runs. */
  readonly note?: string | null;
  readonly waitingFor?: readonly { path: string; condition: string; state: string; because: string }[];
  /** null: no limit. */
  readonly retriesLeft?: number | null;
  readonly intensityLeft?: number | null;
  readonly holds?: readonly { path: string; incarnation: number; isAlive: boolean }[];
  readonly error?: string;
}
