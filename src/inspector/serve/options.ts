// options.ts: the options of the inspector: what they mean, their defaults and their checks.

import { check, checkKeys, invalid } from "../../contract/check.ts";
import type { Supervisor } from "../../index.ts";
import { planRecorder, type RecordingOptions, recordingKeys } from "../record/options.ts";
import type { RecorderOptions } from "../record/recorder.ts";
import { createToken } from "./access.ts";

/** Where the page is served. */
export interface ServeOptions {
  /**
   * The port to listen on; 0 takes a free one.
   *
   * @default 0
   */
  port?: number | undefined;
  /**
   * The address to listen on. Anything but loopback lets other machines in, over plain HTTP; they need the token too.
   *
   * @default "127.0.0.1"
   */
  host?: string | undefined;
  /**
   * What the page must send with every request, to look as well as to change: 16 to 200 of `A-Z a-z 0-9 _ . ~ -`. Give
   * the same one again and an open page finds a restarted program.
   *
   * @default a random one, part of the URL
   */
  token?: string | undefined;
}

export interface InspectorOptions extends ServeOptions, RecordingOptions {
  /**
   * Whether the page can change nothing.
   *
   * @default false
   */
  readOnly?: boolean | undefined;
}

/** A page that is served. */
export interface Served {
  /** With the token: everyone who has this URL may look, and change what may be changed. */
  readonly url: string;
  /** Ends every viewer at once; never rejects. */
  close(): Promise<void>;
}

const servingKeys = ["port", "host", "token"];
const inspectorKeys = [...servingKeys, "readOnly", ...recordingKeys];

export interface ServePlan {
  readonly port: number;
  readonly host: string;
  readonly token: string;
}

function planServing(where: string, options: ServeOptions): ServePlan {
  const { port = 0, host = "127.0.0.1", token = createToken() } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalid(where, "port", "an integer from 0 to 65535", port);
  }
  if (typeof host !== "string" || host === "") throw invalid(where, "host", "the name or address to listen on", host);
  if (typeof token !== "string" || !/^[A-Za-z0-9_.~-]{16,200}$/.test(token)) {
    throw invalid(where, "token", "16 to 200 characters of A-Z a-z 0-9 _ . ~ -", token);
  }
  return { port, host, token };
}

export function planInspector(
  supervisor: Supervisor,
  options: InspectorOptions,
): ServePlan & RecorderOptions & { readonly readOnly: boolean } {
  const where = "serveInspector";
  const plan = planRecorder(where, supervisor, options, inspectorKeys);
  return {
    ...planServing(where, options),
    ...plan,
    readOnly: check.boolean(where, "readOnly", options.readOnly, false),
  };
}

/** Refuses options that `serveRecording` does not have. */
export function planRecording(options: ServeOptions): ServePlan {
  check.object("serveRecording", "options", options);
  checkKeys("serveRecording", options, servingKeys);
  return planServing("serveRecording", options);
}
