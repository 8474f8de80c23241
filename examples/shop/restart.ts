/**
 * How the services of the shop come back: sooner than by default, and more often, as chaos never rests. Two seconds of
 * being up (the limit of the backoff) clear the count of failures.
 */
export const restart = { initialBackoffMs: 200, maxBackoffMs: 2_000, maxRetries: 20 };
