// worker-entry: the code that loads the module of a worker in its thread, and reports when that is done.

import { fileURLToPath, pathToFileURL } from "node:url";
import { MessageChannel, type MessagePort, type Worker } from "node:worker_threads";

/**
 * Runs as a script (`eval`) in the thread. A message that waits there before the thread begins names the module, so that
 * `workerData` and all later messages are the module's own. A module that waits for ever, with nothing left to wait for,
 * ends its thread with code 13, as it does in a thread of its own.
 */
export const workerEntry = `
"use strict";
const { parentPort, receiveMessageOnPort } = require("node:worker_threads");
function load({ url, file, port }) {
  process.argv[1] = file;
  let isLoaded = false;
  process.once("beforeExit", () => {
    if (!isLoaded) process.exit(13);
  });
  import(url).then(
    () => {
      isLoaded = true;
      port.postMessage("loaded");
      port.close();
    },
    (error) => {
      isLoaded = true;
      setImmediate(() => {
        throw error;
      });
    },
  );
}
// The parent port of Deno is not a MessagePort.
if (globalThis.Deno) parentPort.once("message", load);
else load(receiveMessageOnPort(parentPort).message);
`;

/** Names the module for `workerEntry`, and calls `onLoaded` once it has loaded. To be called when the thread is made. */
export function loadModule(worker: Worker, file: string | URL, onLoaded: () => void): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.once("message", onLoaded);
  port1.unref();
  const url = file instanceof URL ? file : pathToFileURL(file);
  worker.postMessage({ url: url.href, file: fileURLToPath(url), port: port2 }, [port2]);
  return port1;
}
