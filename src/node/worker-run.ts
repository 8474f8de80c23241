// runWorker: one incarnation of a worker thread, from its start until nothing of it is left.

import { Worker, type WorkerOptions } from "node:worker_threads";
import type { ServiceContext } from "../contract/spec.ts";
import { isThenable } from "../contract/thenable.ts";
import { type OutputStream, ProcessOutput } from "./process-output.ts";
import { loadModule, workerEntry } from "./worker-entry.ts";

/** A checked thread. */
export interface WorkerPlan {
  readonly file: string | URL;
  readonly options: WorkerOptions;
  readonly isReadyOnceLoaded: boolean;
  readonly stopMessage: unknown;
  readonly onMessage: ((message: unknown, worker: Worker) => unknown) | undefined;
  readonly onLine: ((line: string, stream: OutputStream) => unknown) | undefined;
}

/** The output of a thread that has ended is read until no line has come for so long. */
const lastOutputMs = 500;

export async function runWorker(plan: WorkerPlan, ctx: ServiceContext): Promise<number> {
  const { signal, forceSignal, log } = ctx;
  const worker = new Worker(workerEntry, { ...plan.options, eval: true, stdout: true, stderr: true });
  const { threadId } = worker;
  const loading = loadModule(worker, plan.file, () => {
    if (plan.isReadyOnceLoaded) ctx.ready(worker);
  });
  const stop = () => requestStop(worker, plan.stopMessage, ctx);
  const force = () => {
    log.warn({ threadId }, "not ended within stopTimeoutMs: terminated");
    void worker.terminate();
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  forceSignal.addEventListener("abort", force, { once: true });
  worker.once("online", () => log.info({ threadId }, "worker online"));
  followMessages(worker, plan, ctx);
  const output = new ProcessOutput(log, { threadId }, plan.onLine);
  output.read(worker.stdout, "stdout");
  output.read(worker.stderr, "stderr");

  try {
    return await whenEnded(worker, output, ctx);
  } finally {
    loading.close();
    signal.removeEventListener("abort", stop);
    forceSignal.removeEventListener("abort", force);
  }
}

function requestStop(worker: Worker, stopMessage: unknown, { log }: ServiceContext): void {
  if (stopMessage === null) return void worker.terminate();
  try {
    worker.postMessage(stopMessage);
  } catch (error) {
    log.error({ err: error }, "stopMessage cannot be sent; the thread is terminated");
    void worker.terminate();
  }
}

function followMessages(worker: Worker, plan: WorkerPlan, { heartbeat, log, ready }: ServiceContext): void {
  const { isReadyOnceLoaded, onMessage } = plan;
  const complain = (error: unknown) => log.error({ err: error }, "onMessage failed; the thread goes on");
  worker.on("message", (message) => {
    if (message === "ready" && !isReadyOnceLoaded) ready(worker);
    else if (message === "heartbeat") heartbeat();
    try {
      const answer = onMessage?.(message, worker);
      if (isThenable(answer)) Promise.resolve(answer).catch(complain);
    } catch (error) {
      complain(error);
    }
  });
  worker.on("messageerror", (error) => log.warn({ err: error }, "a message of the thread cannot be read"));
}

/** Resolves to the exit code of a thread that has completed, or stopped. */
function whenEnded(worker: Worker, output: ProcessOutput, { path, signal }: ServiceContext): Promise<number> {
  return new Promise((resolve, reject) => {
    // The exit comes after the error, when nothing of the thread is left.
    let failure: { readonly error: unknown } | null = null;
    worker.once("error", (error) => {
      failure = { error };
    });
    worker.once("exit", async (exitCode) => {
      await output.close(lastOutputMs);
      if (failure !== null) return reject(failure.error);
      if (exitCode === 0 || signal.aborted) return resolve(exitCode);
      const { lastWords, tail } = output;
      const said = lastWords === undefined ? "" : `; it said last: ${lastWords}`;
      const error = new Error(`${path}: the worker exited with code ${exitCode}${said}`);
      reject(Object.assign(error, { exitCode, output: tail }));
    });
  });
}
