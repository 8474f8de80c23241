// once.ts: makes a value when it is first needed, and keeps it.

/** Returns a function that calls `make` the first time and returns the same value every time. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
