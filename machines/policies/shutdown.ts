// shutdown.ts: whether a supervisor ends because a significant child has ended by itself for good (`autoShutdown`).

/** How many significant children must end before their supervisor ends, as in OTP. */
export const autoShutdowns = ["never", "any-significant", "all-significant"] as const;

export type AutoShutdown = (typeof autoShutdowns)[number];

const shutdownTable = {
  never: { allowsSignificant: false, ends: () => false },
  "any-significant": { allowsSignificant: true, ends: () => true },
  "all-significant": { allowsSignificant: true, ends: (significantLeft: number) => significantLeft === 0 },
} as const satisfies Record<
  AutoShutdown,
  { readonly allowsSignificant: boolean; ends(significantLeft: number): boolean }
>;

/** Whether children of such a supervisor may be significant. */
export function allowsSignificant(autoShutdown: AutoShutdown): boolean {
  return shutdownTable[autoShutdown].allowsSignificant;
}

/** `significantLeft`: how many significant children have not ended yet, without those that the user stopped. */
export function decideShutdown(autoShutdown: AutoShutdown, significantLeft: number): boolean {
  return shutdownTable[autoShutdown].ends(significantLeft);
}
