// A recording and no tree: RECORDING is the file.

import { readFileSync } from "node:fs";
import { serveRecording } from "statevisor/inspector";

const { url } = await serveRecording(readFileSync(process.env.RECORDING!, "utf8"));
console.log(`inspector ${url}`);
