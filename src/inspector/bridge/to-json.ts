// to-json.ts: any value as JSON: what JSON cannot hold is left out, or replaced by a word.

/** Functions become their names, errors their messages, maps and sets lists; what contains itself is cut. */
export function toJson(value: unknown): string {
  const within: object[] = [];
  try {
    return JSON.stringify(value, function replace(this: unknown, _key: string, member: unknown) {
      if (typeof member === "bigint" || typeof member === "symbol") return String(member);
      if (typeof member === "function") return `function ${member.name}`;
      if (member instanceof Error) return { name: member.name, message: member.message };
      if (typeof member !== "object" || member === null) return member;
      // `this` holds the member: everything deeper than `this` has been left.
      while (within.length > 0 && within.at(-1) !== this) within.pop();
      if (within.includes(member)) return "(again)";
      within.push(member);
      return member instanceof Map || member instanceof Set ? [...member] : member;
    });
  } catch {
    return '"(unreadable)"';
  }
}
