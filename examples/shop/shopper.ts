// The shoppers: requests at a steady rate over real HTTP. They know nothing of supervision: they try a failed
// request again, and remember each accepted order (201) for the audit.

import { setTimeout as sleep } from "node:timers/promises";

/** What happened to the requests. */
export interface Receipts {
  answered: number;
  /** Attempts, not requests. */
  failed: number;
  /** Requests that were answered, but not at the first attempt. */
  retried: number;
  readonly accepted: string[];
  longestSilenceMs: number;
}

const everyMs = 15;
const timeoutMs = 5_000;
const retryMs = 100; // doubles up to
const maxRetryMs = 400;
const maxInFlight = 20;

/** Sends requests until `closing` aborts, then waits for those still open; `signal` ends it all. */
export async function goShopping(options: {
  url: string;
  random: () => number;
  closing: AbortSignal;
  signal: AbortSignal;
}): Promise<Receipts> {
  const { url, random, closing, signal } = options;
  const receipts: Receipts = { answered: 0, failed: 0, retried: 0, accepted: [], longestSilenceMs: 0 };
  const visits = new Set<Promise<void>>();
  let lastAnswerAt = performance.now();
  let visitors = 0;

  while (!closing.aborted && !signal.aborted) {
    await sleep(everyMs);
    if (visits.size >= maxInFlight) continue;
    const visit = (random() < 0.4 ? buy() : browse()).catch(() => {}); // given up when `signal` aborts
    visits.add(visit);
    visit.finally(() => visits.delete(visit));
  }
  await Promise.all(visits);
  noteAnswer();
  return receipts;

  async function browse(): Promise<void> {
    await request("/products");
  }

  async function buy(): Promise<void> {
    const id = `order-${String(++visitors).padStart(5, "0")}`;
    const product = 1 + Math.floor(random() * 3);
    await request("/orders", { method: "POST", body: JSON.stringify({ id, product }) });
    receipts.accepted.push(id);
  }

  async function request(page: string, init: RequestInit = {}): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const isOk = await fetch(url + page, { ...init, signal: AbortSignal.timeout(timeoutMs) }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.ok;
        },
        () => false,
      );
      if (isOk) {
        receipts.answered++;
        if (attempt > 1) receipts.retried++;
        return noteAnswer();
      }
      receipts.failed++;
      await sleep(Math.min(maxRetryMs, retryMs * 2 ** (attempt - 1)));
      signal.throwIfAborted();
    }
  }

  function noteAnswer(): void {
    const now = performance.now();
    receipts.longestSilenceMs = Math.max(receipts.longestSilenceMs, now - lastAnswerAt);
    lastAnswerAt = now;
  }
}
