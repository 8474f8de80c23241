// statevisor/testing: every public name of the testing kit, once.

export { type Activation, checkHistory, type History, type HistoryRules, type Violation } from "./check-history.ts";
export { type ExplorationReport, type ExploreOptions, exploreTree } from "./explore/explore-tree.ts";
export type { Fault, PlannedFault } from "./explore/faults.ts";
export type { ExploredRun } from "./explore/trial.ts";
export type { LifecycleFinding, Problem } from "./findings.ts";
export type { Holdings, WatchedEmitter } from "./leaks.ts";
export type { LifecycleDeed, LifecycleDriver, LifecycleSubject } from "./lifecycle-driver.ts";
export type { LifecycleEvent } from "./lifecycle-model.ts";
export { type LifecyclePath, type LifecycleStep, lifecyclePaths } from "./lifecycle-paths.ts";
export type { LifecycleReport } from "./lifecycle-report.ts";
export { recordUpdates, type UpdateRecord } from "./record-updates.ts";
export { createScriptedService, type ScriptedService } from "./scripted-service.ts";
export { createSimulatedClock, type SimulatedClock } from "./simulated-clock.ts";
export {
  createSimulatedCluster,
  type SimulatedCluster,
  type SimulatedClusterOptions,
  type SimulatedNode,
} from "./simulated-cluster.ts";
export { createSimulatedStore, type SimulatedStore, type SimulatedStoreOptions } from "./simulated-store.ts";
export { type StoreReport, type StoreTestOptions, testClusterStore } from "./test-cluster-store.ts";
export { takeLifecyclePath, testServiceLifecycle } from "./test-service-lifecycle.ts";
export type { LifecycleResult } from "./walk.ts";
