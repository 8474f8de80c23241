// hopeless.ts: errors after which another attempt is bound to fail in the same way, such as a program that does not exist.
// A service that ends with one is not restarted by its policy; the user's `decide` is asked before that.

const hopeless = new WeakSet<Error>();

/** Marks an error, and returns it. */
export function asHopeless<E extends Error>(error: E): E {
  hopeless.add(error);
  return error;
}

export function isHopeless(error: Error): boolean {
  return hopeless.has(error);
}
