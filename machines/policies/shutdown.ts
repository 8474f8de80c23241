// Automatic shutdown: whether a supervisor ends because a significant child has ended by itself for good.

/** Which ends of significant children end their supervisor, as in OTP. */
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

/** `significantLeft`: the significant children that have not ended yet, those that were stopped by hand not counted. */
export function decideShutdown(autoShutdown: AutoShutdown, significantLeft: number): boolean {
  return shutdownTable[autoShutdown].ends(significantLeft);
}
