// turns.ts: work of which many pieces come at once, as a view opens: some in each frame, so that no frame takes long.

const mostInFrame = 8;

const waiting = new Set<() => void>();
let left = mostInFrame;
let isPlanned = false;

/** Does a piece of work now, or in one of the next frames if this one has had enough. Returns what takes it back. */
export function inTurn(work: () => void): () => void {
  if (left > 0) {
    left--;
    work();
  } else waiting.add(work);
  plan();
  return () => waiting.delete(work);
}

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  requestAnimationFrame(() => {
    isPlanned = false;
    left = mostInFrame;
    for (const work of waiting) {
      if (left === 0) break;
      left--;
      waiting.delete(work);
      work();
    }
    if (waiting.size > 0) plan();
  });
}
