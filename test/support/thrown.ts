// Values that user code may throw.

class OwnError extends TypeError {}

/** Each value with its name for a test title. */
export const thrown: [what: string, value: unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["a string", "boom"],
  ["a number", 0],
  ["a symbol", Symbol("boom")],
  ["an object", { code: 42 }],
  ["an object without a prototype", Object.create(null)],
  ["a function", () => "boom"],
  [
    "an object whose properties throw",
    new Proxy(
      {},
      {
        get() {
          throw new Error("getter");
        },
        ownKeys() {
          throw new Error("keys");
        },
      },
    ),
  ],
  [
    "a function whose properties throw",
    new Proxy(() => {}, {
      get() {
        throw new Error("getter");
      },
    }),
  ],
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested
  ["a thenable that never settles", { then() {} }],
  ["an Error", new Error("boom")],
  ["an Error of its own class", new OwnError("boom")],
  ["a frozen Error", Object.freeze(new Error("boom"))],
  ["an Error with a cause", new Error("boom", { cause: "why" })],
];

export function raise(value: unknown): never {
  throw value;
}
