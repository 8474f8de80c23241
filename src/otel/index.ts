// statevisor/otel. Every public name of it, once.

export { type InstrumentOptions, instrument } from "./instrument.ts";
