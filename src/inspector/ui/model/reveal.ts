// reveal.ts: where a list scrolls to for a row that is to be seen.

export interface Scrolled {
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
}

/** How many rows beyond the edge a row may be to come just into sight: it is one of the next, reached by a key. */
const near = 2;

/**
 * The new top of a list that shows its row `index`; null if the row is in sight. The next row comes into sight with the one
 * after it; a row further away comes to the middle, so that what is around it is seen too. `isCentred`: each does.
 */
export function revealTop(index: number, { top, height, rowHeight }: Scrolled, isCentred = false): number | null {
  const [first, end] = [index * rowHeight, (index + 1) * rowHeight];
  const beyond = Math.max(top - first, end - top - height);
  if (beyond <= 0) return null;
  if (isCentred || beyond > near * rowHeight) return first - (height - rowHeight) / 2;
  return first < top ? first - rowHeight : end + rowHeight - height;
}
