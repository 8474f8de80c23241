// shorten.ts: cuts long texts.

/** Cuts a long text and marks the cut. Copied, because V8 keeps the whole string alive for a slice of it. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).split("").join("")} …` : text;
}
