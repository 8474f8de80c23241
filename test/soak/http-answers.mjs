// HttpAnswers: reads the answers on one connection, byte by byte, and knows of each whether it has come whole.

export class HttpAnswers {
  #rest = Buffer.alloc(0);
  /** The head of the answer that is being read, and what is left of its body. */
  #current = null;
  #onAnswer;

  /** `onAnswer` is called with each whole answer: its status, headers and body. */
  constructor(onAnswer) {
    this.#onAnswer = onAnswer;
  }

  /** Whether part of an answer has come. */
  get isBegun() {
    return this.#current !== null || this.#rest.length > 0;
  }

  push(chunk) {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#readHead() && this.#readBody()) {
      const { status, headers, body } = this.#current;
      this.#current = null;
      this.#onAnswer({ status, headers, body: Buffer.concat(body).toString("latin1") });
    }
  }

  #readHead() {
    if (this.#current !== null) return true;
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [first, ...lines] = this.#rest.subarray(0, end).toString("latin1").split("\r\n");
    this.#rest = this.#rest.subarray(end + 4);
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const isChunked = headers["transfer-encoding"] === "chunked";
    const left = isChunked ? null : Number(headers["content-length"] ?? 0);
    this.#current = { status: Number(first.split(" ")[1]), headers, body: [], left };
    return true;
  }

  #readBody() {
    const current = this.#current;
    if (current.left !== null) {
      const piece = this.#rest.subarray(0, current.left);
      this.#rest = this.#rest.subarray(piece.length);
      current.left -= piece.length;
      current.body.push(piece);
      return current.left === 0;
    }
    for (;;) {
      const end = this.#rest.indexOf("\r\n");
      if (end < 0) return false;
      const size = Number.parseInt(this.#rest.subarray(0, end).toString("latin1"), 16);
      if (this.#rest.length < end + 2 + size + 2) return false;
      current.body.push(this.#rest.subarray(end + 2, end + 2 + size));
      this.#rest = this.#rest.subarray(end + 2 + size + 2);
      if (size === 0) return true;
    }
  }
}
