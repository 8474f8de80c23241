// JSON of what we made, with what the user's `meta` may hold.

/** `meta` is the user's, and may hold what is no JSON. */
export function toJson(data: unknown): string {
  try {
    return JSON.stringify(data);
  } catch {
    return JSON.stringify(data, (key, value: unknown) => (key === "meta" ? null : value));
  }
}
