// line-part.ts: tells the beginning of a line whose end does not come: a prompt that waits for an answer, a progress bar.

/** How long the end of a line may take before its beginning is told, in milliseconds. */
const silentMs = 300;

export class LinePart {
  readonly #rest: () => string;
  readonly #tell: (part: string) => void;
  #timer: NodeJS.Timeout | null = null;
  #told = "";
  #changedAt = 0;

  /** `rest` is what has been read of the line so far; `tell` is called once it has been still, with all of it. */
  constructor(rest: () => string, tell: (part: string) => void) {
    this.#rest = rest;
    this.#tell = tell;
  }

  /** After each read. `hasEnded`: a line has ended with it. */
  noteRead(hasEnded: boolean): void {
    if (hasEnded) this.#told = "";
    this.#changedAt = performance.now();
    if (this.#rest() !== "") this.#arm();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#look();
    }, silentMs).unref();
  }

  #look(): void {
    const part = this.#rest();
    if (part === "" || part === this.#told) return;
    // What goes back to its beginning again and again is never still: it is told as it moves.
    const isStill = performance.now() - this.#changedAt >= silentMs - 1;
    if (!isStill && !part.includes("\r")) return this.#arm();
    this.#told = part;
    this.#tell(part);
  }
}
