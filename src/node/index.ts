// statevisor/node. Every public name of it, once.

export { type CronOptions, cron } from "./cron.ts";
export { type Ended, endMarked } from "./end-marked.ts";
export { type ExecProbeOptions, execProbe } from "./exec-probe.ts";
export type { FetchEnv, FetchFunction, FetchHandler } from "./fetch-handler.ts";
export { type HostNode, type HostNodeOptions, hostNode } from "./host-node.ts";
export type { HttpListener } from "./http-listener.ts";
export { type HttpProbeOptions, httpProbe } from "./http-probe.ts";
export { defineHttpServer, type HttpServerSpec, type HttpServerTls, type HttpServerValue } from "./http-server.ts";
export { type MadeFrom, madeFrom } from "./made-from.ts";
export { processMark } from "./mark.ts";
export { hasMarked } from "./marked.ts";
export { currentService } from "./origins.ts";
export { type FromService, tcpProbe } from "./probes.ts";
export { defineProcess, type ProcessSpec, type ProcessValue } from "./process.ts";
export { ProcessError } from "./process-error.ts";
export { type SpawnedEntry, spawnedPid } from "./process-log.ts";
export { type RunUntilSignalOptions, runUntilSignal } from "./signals.ts";
export { containStrayErrors } from "./stray-errors.ts";
export { stty } from "./stty.ts";
export { notifySystemd } from "./systemd.ts";
export type { TlsFilePaths } from "./tls-files.ts";
export { defineWorker, type WorkerSpec } from "./worker.ts";
