// sse.ts: server-sent events over fetch, which can send the token in a header; an EventSource would need it in the URL.

export interface SseEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: string;
}

/** Splits a stream into events; keeps an incomplete event for the next piece. */
export class SseParser {
  /** The pieces of an incomplete event. */
  #rest: string[] = [];
  /** The id of the last event that had one. */
  lastId = "";

  push(text: string): SseEvent[] {
    // A snapshot comes in a hundred pieces: those before are not searched again.
    const isEnd = text.includes("\n\n") || (text.startsWith("\n") && this.#rest.at(-1)?.endsWith("\n") === true);
    if (text !== "") this.#rest.push(text);
    if (!isEnd) return [];
    const blocks = this.#rest.join("").split("\n\n");
    this.#rest = [blocks.pop()!];
    return blocks.flatMap((block) => this.#parse(block));
  }

  #parse(block: string): SseEvent[] {
    let event = "message";
    let id: string | null = null;
    const data: string[] = [];
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      if (colon <= 0) continue;
      const value = line.slice(colon + 1).replace(/^ /, "");
      const field = line.slice(0, colon);
      if (field === "event") event = value;
      else if (field === "id") id = value;
      else if (field === "data") data.push(value);
    }
    if (id !== null) this.lastId = id;
    return data.length === 0 ? [] : [{ event, id, data: data.join("\n") }];
  }
}
