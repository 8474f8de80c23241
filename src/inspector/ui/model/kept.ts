// kept.ts: what the user has set in a view (filters, folding, widths), kept for this tab over reloads.

import { useState } from "preact/hooks";

const prefix = "statevisor-";

export function readKept<Kept>(key: string, otherwise: Kept): Kept {
  try {
    const text = sessionStorage.getItem(prefix + key);
    return text === null ? otherwise : (JSON.parse(text) as Kept);
  } catch {
    return otherwise;
  }
}

export function keep(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // Without storage it lasts until the page is loaded again.
  }
}

/** A state of a component that is kept. */
export function useKept<Kept>(key: string, otherwise: Kept): [Kept, (value: Kept) => void] {
  const [value, setValue] = useState(() => readKept(key, otherwise));
  return [
    value,
    (next) => {
      keep(key, next);
      setValue(next);
    },
  ];
}

/** A set that is kept. */
export function useKeptSet<Member>(
  key: string,
  otherwise: readonly Member[],
): [ReadonlySet<Member>, (value: ReadonlySet<Member>) => void] {
  const [value, setValue] = useState<ReadonlySet<Member>>(() => new Set(readKept(key, otherwise)));
  return [
    value,
    (next) => {
      keep(key, [...next]);
      setValue(next);
    },
  ];
}
