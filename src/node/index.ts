// statevisor/node. Every public name of it, once.

export { defineProcess, type ProcessSpec, type ProcessValue } from "./process.ts";
export { ProcessError } from "./process-error.ts";
