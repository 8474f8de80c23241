// A value of the user's as JSON, whatever it holds; cut when it is long. Never throws.

import { toErrorInfo } from "./errors.ts";

const longestPreview = 4_000;

export function toPreview(value: unknown): string {
  const seen = new WeakSet<object>();
  try {
    const text =
      JSON.stringify(value, (_key, member: unknown) => {
        if (typeof member === "bigint" || typeof member === "symbol") return String(member);
        if (typeof member === "function") return `function ${member.name}`;
        if (member instanceof Error) return toErrorInfo(member).message;
        if (typeof member !== "object" || member === null) return member;
        if (seen.has(member)) return "(again)";
        seen.add(member);
        return member instanceof Map || member instanceof Set ? [...member] : member;
      }) ?? "";
    return text.length > longestPreview ? `${text.slice(0, longestPreview)} …` : text;
  } catch {
    return "(unreadable)";
  }
}
