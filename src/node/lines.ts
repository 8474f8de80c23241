// LineSplitter: makes whole lines of a text that comes in pieces.

/** A longer line comes in pieces of this many characters: one line without an end must not fill the memory. */
export const maxLineLength = 65_536;

export class LineSplitter {
  #rest = "";

  /** The lines that are whole now, without their ends ("\n" or "\r\n"). */
  push(text: string): string[] {
    const lines = (this.#rest + text).split("\n");
    const rest = lines.pop()!;
    const whole = lines.flatMap((line) => toPieces(line.endsWith("\r") ? line.slice(0, -1) : line));
    const pieces = toPieces(rest);
    this.#rest = pieces.pop()!;
    return [...whole, ...pieces];
  }

  /** The beginning of a line whose end has not come. */
  get rest(): string {
    return this.#rest;
  }

  /** The last line, if the text ended without the end of a line. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }
}

function toPieces(line: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (line.length - start > maxLineLength) {
    let end = start + maxLineLength;
    // The two halves of one character stay together.
    if (isHighSurrogate(line.charCodeAt(end - 1))) end--;
    pieces.push(line.slice(start, end));
    start = end;
  }
  pieces.push(line.slice(start));
  return pieces;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
