// defineWorker: a service that is a worker thread.

import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { type ResourceLimits, SHARE_ENV, type Worker, type WorkerOptions } from "node:worker_threads";
import { check, checkKeys, invalid } from "../contract/check.ts";
import type { ServiceOptions, ServiceSpec } from "../contract/spec.ts";
import { noteOrigin } from "./made-from.ts";
import type { OutputStream } from "./process-output.ts";
import { runWorker, type WorkerPlan } from "./worker-run.ts";

/** Everything of a service but its body, and the thread. */
export interface WorkerSpec extends ServiceOptions<Worker> {
  /** A file URL, such as `new URL("./resize.js", import.meta.url)`, or an absolute path. */
  file: string | URL;
  /** The `workerData` of the thread: a copy for each incarnation. */
  workerData?: unknown;
  /** The limits of its heap and stack, in MB. Beyond those of its heap it fails with ERR_WORKER_OUT_OF_MEMORY. */
  resourceLimits?: ResourceLimits | undefined;
  /**
   * Its environment, in place of a copy of that of this process; `SHARE_ENV` of node:worker_threads shares that one.
   *
   * @default a copy of process.env
   */
  env?: WorkerOptions["env"] | undefined;
  /** The arguments in its `process.argv`, after the file. */
  argv?: readonly unknown[] | undefined;
  /**
   * Options of Node for the thread, such as `["--import", "tsx"]`.
   *
   * @default those of this process
   */
  execArgv?: readonly string[] | undefined;
  /**
   * When it is up. start: once its module has loaded, top-level await included. signal: when it posts the message
   * "ready"; for a module that works, or waits for its work, at its top level.
   *
   * @default "start"
   */
  readyOn?: "start" | "signal" | undefined;
  /**
   * The message that asks it to stop. It answers by ending: `parentPort.close()`, and nothing else to do, or
   * `process.exit()`. null: it is not asked, but terminated at once.
   *
   * @default "stop"
   */
  stopMessage?: unknown;
  /**
   * Called for each message that the thread posts. One that throws or rejects is logged, and the thread goes on.
   */
  onMessage?: ((message: unknown, worker: Worker) => unknown) | undefined;
  /**
   * Called for each line of its output, without the end of the line. While a promise that it returns is pending, no more
   * of that stream is read. One that throws or rejects is logged, and the thread goes on.
   */
  onLine?: ((line: string, stream: OutputStream) => unknown) | undefined;
}

/**
 * A service that is a worker thread. Its value is the `Worker`; each incarnation has a new one.
 *
 * Its end is `completed` when the thread ends with exit code 0, `failed` with any other code, an uncaught error (that
 * error), or resource limits exhausted. Every line of its output is logged (`ctx.log.info({ stream, threadId }, line)`),
 * and the last 50 are in the error of one that exits with a failure.
 *
 * Stop: `stopMessage`, then `terminate()` when `stopTimeoutMs` has passed, which counts as stopped, even if the thread is
 * in an endless loop. A thread that does not listen for the message should have `stopMessage: null`, or a short
 * `stopTimeoutMs`.
 *
 * The message "heartbeat" feeds the watchdog: so a thread that is stuck in a loop is found, and replaced.
 *
 * Limits. A thread inside a blocking call of the system (`execSync`, a read of a pipe by `readSync`) cannot be
 * terminated: it is reported as `unstopped`, ends when the call does, and until then `process.exit()` waits for it, too.
 * Use `defineProcess` for code that blocks. The module is imported, so that in a CommonJS module `require.main` is not
 * that module.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for a bad option of the thread; the others are checked by createSupervisor.
 */
export function defineWorker(spec: WorkerSpec): ServiceSpec<Worker> {
  const { file, workerData, resourceLimits, env, argv, execArgv, readyOn, onMessage, onLine, ...others } = spec;
  const { stopMessage = "stop", ...rest } = others;
  const { name } = rest;
  if (!isFile(file)) {
    throw invalid(name, "file", "a file URL (new URL(…, import.meta.url)) or an absolute path", file);
  }
  if (resourceLimits !== undefined) checkLimits(name, resourceLimits);
  if (env !== undefined && env !== SHARE_ENV) check.object(name, "env", env);
  if (argv !== undefined && !Array.isArray(argv)) throw invalid(name, "argv", "an array", argv);
  if (execArgv !== undefined && !(Array.isArray(execArgv) && execArgv.every((arg) => typeof arg === "string"))) {
    throw invalid(name, "execArgv", "an array of strings", execArgv);
  }
  check.function(name, "onMessage", onMessage);
  check.function(name, "onLine", onLine);
  const plan: WorkerPlan = {
    file,
    options: {
      name,
      workerData,
      ...(resourceLimits && { resourceLimits }),
      ...(env !== undefined && { env }),
      ...(argv && { argv: [...argv] }),
      ...(execArgv && { execArgv: [...execArgv] }),
    },
    isReadyOnceLoaded: check.oneOf(name, "readyOn", readyOn, ["start", "signal"], "start") === "start",
    stopMessage,
    onMessage,
    onLine,
  };
  const service: ServiceSpec<Worker> = { ...rest, readyOn: "signal", run: (ctx) => runWorker(plan, ctx) };
  return noteOrigin(service, "defineWorker", spec);
}

function isFile(file: unknown): boolean {
  if (file instanceof URL) return file.protocol === "file:" && fileURLToPath(file) !== "";
  return typeof file === "string" && isAbsolute(file);
}

const limits = ["maxOldGenerationSizeMb", "maxYoungGenerationSizeMb", "codeRangeSizeMb", "stackSizeMb"] as const;

function checkLimits(name: string, given: ResourceLimits): void {
  check.object(name, "resourceLimits", given);
  checkKeys(name, given, limits, "resourceLimits");
  for (const limit of limits) {
    const size: unknown = given[limit];
    if (size === undefined || (typeof size === "number" && size > 0 && size < Infinity)) continue;
    throw invalid(name, `resourceLimits.${limit}`, "a positive number of MB", size);
  }
}
