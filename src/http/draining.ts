// draining: the supervisors that run on, but are about to stop, and take no new traffic.

const draining = new WeakSet<object>();

/** From now on `/readyz` answers 503 for this supervisor, until the function that is returned is called. */
export function beginDraining(supervisor: object): () => void {
  draining.add(supervisor);
  return () => void draining.delete(supervisor);
}

export function isDraining(supervisor: object): boolean {
  return draining.has(supervisor);
}
