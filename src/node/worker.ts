// defineWorker: a service that is a worker thread.

import { isAbsolute } from "node:path";
import { type ResourceLimits, Worker, type WorkerOptions } from "node:worker_threads";
import { check, invalid } from "../contract/check.ts";
import type { ServiceContext, ServiceSpec } from "../contract/spec.ts";

/** Everything of a service but its body, and the thread. */
export interface WorkerSpec
  extends Omit<ServiceSpec<Worker>, "run" | "start" | "stop" | "actor" | "input" | "services" | "readyOn"> {
  /** A file URL, such as `new URL("./resize.js", import.meta.url)`, or an absolute path. */
  file: string | URL;
  /** What the thread finds as `workerData`: a copy for each incarnation. */
  workerData?: unknown;
  /** Of its heap and stack, in MB. Beyond them it fails with ERR_WORKER_OUT_OF_MEMORY. */
  resourceLimits?: ResourceLimits;
  /** As `new Worker` takes it. */
  env?: WorkerOptions["env"];
  argv?: readonly unknown[];
  execArgv?: readonly string[];
  /**
   * When it is up. start: once the thread runs. signal: when it posts the message "ready".
   *
   * @default "start"
   */
  readyOn?: "start" | "signal";
  /**
   * What it is sent when it is to stop. It answers by ending: `parentPort.close()`, and nothing else to do, or
   * `process.exit()`. null: it is not asked, but terminated at once.
   *
   * @default "stop"
   */
  stopMessage?: unknown;
}

/**
 * A service that is a worker thread. Its value is the `Worker`; a new incarnation is a new one.
 *
 * Its end is `completed` when the thread ends with exit code 0, `failed` with any other code, an uncaught error (that
 * error), or resource limits exhausted. Stop: `stopMessage`, then `terminate()` when `stopTimeoutMs` has passed, which
 * counts as stopped, even if the thread is in an endless loop. A thread that does not listen for the message should
 * have `stopMessage: null`, or a short `stopTimeoutMs`.
 *
 * The message "heartbeat" feeds the watchdog: so a thread that is stuck in a loop is found, and replaced.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for a bad option of the thread; the others are checked by createSupervisor.
 */
export function defineWorker(spec: WorkerSpec): ServiceSpec<Worker> {
  const { file, workerData, resourceLimits, env, argv, execArgv, readyOn, stopMessage = "stop", ...rest } = spec;
  const { name } = rest;
  if (!(file instanceof URL) && !(typeof file === "string" && isAbsolute(file))) {
    throw invalid(name, "file", "a file URL (new URL(…, import.meta.url)) or an absolute path", file);
  }
  const isReadyAtOnce = check.oneOf(name, "readyOn", readyOn, ["start", "signal"], "start") === "start";
  if (resourceLimits !== undefined) check.object(name, "resourceLimits", resourceLimits);
  const options: WorkerOptions = {
    name,
    workerData,
    ...(resourceLimits && { resourceLimits }),
    ...(env !== undefined && { env }),
    ...(argv && { argv: [...argv] }),
    ...(execArgv && { execArgv: [...execArgv] }),
  };
  return {
    ...rest,
    readyOn: "signal",
    run: (ctx) => runWorker(new Worker(file, options), ctx, isReadyAtOnce, stopMessage),
  };
}

function runWorker(worker: Worker, ctx: ServiceContext, isReadyAtOnce: boolean, stopMessage: unknown): Promise<number> {
  const { signal, forceSignal, log, path } = ctx;
  const terminate = () => void worker.terminate();
  const stop = () => {
    if (stopMessage === null) return terminate();
    try {
      worker.postMessage(stopMessage);
    } catch (error) {
      log.error({ err: error }, "stopMessage cannot be sent; the thread is terminated");
      terminate();
    }
  };
  signal.addEventListener("abort", stop, { once: true });
  const force = () => {
    log.warn({ threadId: worker.threadId }, "not ended within stopTimeoutMs: terminated");
    terminate();
  };
  forceSignal.addEventListener("abort", force, { once: true });

  worker.once("online", () => {
    log.info({ threadId: worker.threadId }, "worker online");
    if (isReadyAtOnce) ctx.ready(worker);
  });
  worker.on("message", (message) => {
    if (message === "ready" && !isReadyAtOnce) ctx.ready(worker);
    else if (message === "heartbeat") ctx.heartbeat();
  });
  worker.on("messageerror", (error) => log.warn({ err: error }, "a message of the thread cannot be read"));

  return new Promise((resolve, reject) => {
    // The exit comes after the error, when nothing of the thread is left.
    let failure: unknown;
    let hasFailed = false;
    worker.once("error", (error) => {
      failure = error;
      hasFailed = true;
    });
    worker.once("exit", (code) => {
      signal.removeEventListener("abort", stop);
      forceSignal.removeEventListener("abort", force);
      if (hasFailed) reject(failure);
      else if (code === 0 || signal.aborted) resolve(code);
      else reject(Object.assign(new Error(`${path}: the worker exited with code ${code}`), { exitCode: code }));
    });
  });
}
