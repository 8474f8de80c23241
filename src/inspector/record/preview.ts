// preview.ts: a value of the user's as JSON, whatever it holds, cut when it is long. Never throws.

import { toErrorInfo } from "./errors.ts";
import { shorten } from "./shorten.ts";

const longestPreview = 4_000;

/** `omit`: a key of the value that is left out. */
export function toPreview(value: unknown, omit?: string): string {
  const seen = new WeakSet<object>();
  try {
    const text =
      JSON.stringify(value, function (this: unknown, key, member: unknown) {
        if (key === omit && this === value) return undefined;
        if (typeof member === "bigint" || typeof member === "symbol") return String(member);
        if (typeof member === "function") return `function ${member.name}`;
        if (member instanceof Error) return toErrorInfo(member).message;
        if (typeof member !== "object" || member === null) return member;
        if (seen.has(member)) return "(again)";
        seen.add(member);
        return member instanceof Map || member instanceof Set ? [...member] : member;
      }) ?? "";
    return shorten(text, longestPreview);
  } catch {
    return "(unreadable)";
  }
}
