// The thread of the database: one PostgreSQL on one folder, asked by messages. It is JavaScript because Node starts the
// file of a thread without tsx.

import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";

const client = await PGlite.create(workerData.folder);
parentPort.on("message", handle);
parentPort.postMessage("up");

async function handle({ type, id, sql, params }) {
  switch (type) {
    case "query":
      try {
        parentPort.postMessage({ id, rows: (await client.query(sql, params)).rows });
      } catch (error) {
        parentPort.postMessage({ id, error: error.message });
      }
      return;
    case "freeze":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // for ever
      return;
    case "close":
      await client.close();
      parentPort.close(); // nothing else keeps the thread
  }
}
