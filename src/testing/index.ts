// statevisor/testing: what helps to test a tree. Every public name of it, once.

export { recordUpdates, type UpdateRecord } from "./record-updates.ts";
export { createScriptedService, type ScriptedService } from "./scripted-service.ts";
export { createSimulatedClock, type SimulatedClock } from "./simulated-clock.ts";
