// A text as far as it is kept.

/** Of a long text, its beginning, and a mark. A copy: V8 keeps all of a text that a slice of it is left of. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).split("").join("")} …` : text;
}
