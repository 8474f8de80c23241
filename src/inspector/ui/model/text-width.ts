// text-width.ts: the width of a text, measured once.

let context: CanvasRenderingContext2D | null | undefined;
const widths = new Map<string, number>();

export function textWidth(text: string, font: string): number {
  const key = `${font}\n${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  context ??= document.createElement("canvas").getContext("2d");
  if (context !== null) context.font = font;
  const width = context?.measureText(text).width ?? text.length * 7;
  widths.set(key, width);
  return width;
}

/** The text, or as much of its beginning as there is room for, and an ellipsis. */
export function cutText(text: string, font: string, room: number): string {
  if (textWidth(text, font) <= room) return text;
  let end = text.length - 1;
  while (end > 1 && textWidth(`${text.slice(0, end)}…`, font) > room) end--;
  return `${text.slice(0, end)}…`;
}
