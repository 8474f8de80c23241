// serve-beside.ts: what `up` serves and writes beside the tree: the inspector, the health endpoints, a recording.

import { textOf } from "../../contract/wording.ts";
import type { Supervisor } from "../../index.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import type { Printer } from "../up/printer.ts";

export interface BesideOptions {
  /** A port, or true for any. */
  inspect?: number | true;
  /** A file that the run is recorded in. */
  record?: string;
  healthPort?: number;
  healthHost?: string;
}

interface Beside {
  close(): Promise<void>;
}

/** Serves what the flags ask for beside the tree. `isClustered`: the tree has the cluster of a config of data. */
export async function serveBeside(
  supervisor: Supervisor,
  { inspect, record, healthPort, healthHost = "127.0.0.1" }: BesideOptions,
  printer: Printer,
  isClustered: boolean,
): Promise<Beside[]> {
  const beside: Beside[] = [];
  if (inspect !== undefined) {
    const { serveInspector } = await import("../../inspector/index.ts");
    const inspector = await serveInspector(supervisor, {
      ...(inspect !== true && { port: inspect }),
      include: ["output"],
    }).catch((error) => {
      throw new CliError(exitCodes.usage, `--inspect: ${error.message}`, { cause: error });
    });
    printer.notice(`the inspector is at ${inspector.url}`);
    beside.push(inspector);
  }
  if (record !== undefined) beside.push(await recordRun(supervisor, record, printer));
  if (healthPort !== undefined) {
    const { serveHealth } = await import("./serve-health.ts");
    const health = await serveHealth(supervisor, healthPort, healthHost, isClustered);
    printer.notice(`health is at ${health.url}`);
    beside.push(health);
  }
  return beside;
}

/** Records the run in a file. */
async function recordRun(supervisor: Supervisor, file: string, printer: Printer): Promise<Beside> {
  const { recordToFile } = await import("../../inspector/index.ts");
  const onError = (error: Error) => printer.notice(`--record: ${error.message}; the recording ends here`);
  try {
    const recording = recordToFile(supervisor, file, { include: ["output"], onError });
    printer.notice(`this run is recorded in ${file}; \`statevisor inspect ${file}\` shows it`);
    return { close: async () => recording.close() };
  } catch (error) {
    throw new CliError(exitCodes.usage, `--record: ${textOf(error)}`, { cause: error });
  }
}
