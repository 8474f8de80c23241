// statevisor/inspector. Every public name of it, once.

export { type Bridge, type BridgeOptions, bridgeXStateInspect } from "./bridge/bridge-xstate-inspect.ts";
export type { RecordOptions } from "./record/options.ts";
export { type FileRecording, recordToFile } from "./record/record-to-file.ts";
export type { Included } from "./record/recorder.ts";
export type { InspectorOptions, Served, ServeOptions } from "./serve/options.ts";
export { serveInspector } from "./serve/serve-inspector.ts";
export { serveRecording } from "./serve/serve-recording.ts";
export { toStaticPage } from "./serve/static-page.ts";
export type { Recording } from "./shared/protocol.ts";
