// statevisor/inspector. Every public name of it, once.

export { type Bridge, type BridgeOptions, bridgeXStateInspect } from "./bridge/bridge-xstate-inspect.ts";
export type { InspectorOptions, Served, ServeOptions } from "./options.ts";
export type { Recording } from "./protocol.ts";
export type { Included } from "./recorder.ts";
export { serveInspector } from "./serve-inspector.ts";
export { serveRecording } from "./serve-recording.ts";
