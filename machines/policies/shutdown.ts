// Automatic shutdown: whether a supervisor ends because a significant child has ended by itself for good.

/** As in OTP. */
export type AutoShutdown = "never" | "any-significant" | "all-significant";

/** `significantLeft`: the significant children that have not ended yet, those that were stopped by hand not counted. */
export function decideShutdown(autoShutdown: AutoShutdown, significantLeft: number): boolean {
  switch (autoShutdown) {
    case "never":
      return false;
    case "any-significant":
      return true;
    case "all-significant":
      return significantLeft === 0;
  }
}
