/**
 * The restart options of the shop's services: sooner than by default and more often, because of the chaos. Two seconds
 * up (the limit of the backoff) clear the count of failures.
 */
export const restart = { initialBackoffMs: 200, maxBackoffMs: 2_000, maxRetries: 20 };
