/// <reference lib="esnext.disposable" preserve="true" />

// supervisor.ts: createSupervisor, and the handle through which a user starts, stops, changes and observes a tree.

import type { AnyActorRef } from "xstate";
import { check, invalid } from "./contract/check.ts";
import type { TreeDescription } from "./contract/description.ts";
import type { ChildSpec, ServiceSpec, SupervisorSpec } from "./contract/spec.ts";
import type { HealthReport, ServiceStatus, TreeStatus } from "./contract/status.ts";
import type { Dropped, Update } from "./contract/updates.ts";
import { planRoot } from "./definition/plan-supervisor.ts";
import type { Witness } from "./engine/witness.ts";
import type { RedefineOptions, ServiceActors, Supervisor, SupervisorOptions } from "./handle.ts";
import { describeSupervisor } from "./observation/describe.ts";
import { type Explanation, explainChild, explainRoot } from "./observation/explain.ts";
import { toHealthReport, toRootStatus, toServiceStatus } from "./observation/status.ts";
import type { StatusView } from "./observation/view.ts";
import { createViews } from "./observation/views.ts";
import { completeOptions } from "./options.ts";
import { addService } from "./tree/add-service.ts";
import { toDown } from "./tree/failures.ts";
import { findChild, findGiver, isThere } from "./tree/find.ts";
import type { LogExtra, LogListener } from "./tree/log-watch.ts";
import type { Heard } from "./tree/outbox.ts";
import { compare, type Redefinition, redefine, toRedefinition } from "./tree/redefine.ts";
import { replacements } from "./tree/replacing.ts";
import { Root } from "./tree/root.ts";
import type { TreeExit } from "./tree/run.ts";
import { treeKey } from "./tree/scope.ts";
import type { Child } from "./tree/service.ts";
import type { TreeSupervisor } from "./tree/supervisor.ts";
import { Tree } from "./tree/tree.ts";
import { removeService, requireService, restartService, startService, stopService } from "./tree/verbs.ts";

/**
 * Checks a definition and makes a tree of it. Starts nothing.
 *
 * @throws SupervisorError ERR_INVALID_SPEC, ERR_DUPLICATE_NAME, ERR_UNKNOWN_DEPENDENCY, ERR_DEPENDENCY_CYCLE
 */
export function createSupervisor(spec: SupervisorSpec, options: SupervisorOptions = {}): Supervisor {
  const surroundings = completeOptions(options);
  const plan = planRoot(spec);
  return new Handle(new Root(plan, plan.name, new Tree(surroundings)));
}

class Handle implements Supervisor {
  readonly #root: Root;
  readonly #viewOf: (path: string) => StatusView;

  constructor(root: Root) {
    this.#root = root;
    this.#viewOf = createViews(root, (path) => this.status(path));
    root.tree.handle = this;
  }

  get [treeKey](): Tree {
    return this.#root.tree;
  }

  get #supervisor(): TreeSupervisor {
    return this.#root.supervisor;
  }

  /** The user's code can call from anywhere, such as a request: what follows belongs to the tree. */
  #inContext<T>(work: () => T): T {
    return this.#root.tree.inContext(work);
  }

  #serviceOf(path: string, verb: string): Child {
    return requireService(findChild(this.#supervisor, path), this.#supervisor, verb);
  }

  /** Changes a service, or what takes its place when a new definition replaces it just now. */
  async #change(path: string, verb: string, act: (child: Child) => Promise<void>): Promise<void> {
    const child = this.#serviceOf(path, verb);
    const replacement = replacements.get(child);
    if (replacement === undefined) return act(child);
    await replacement;
    const isGone = !isThere(child) && (verb === "stopService" || verb === "removeService");
    if (!isGone || this.#isKnown(path)) await this.#change(path, verb, act);
  }

  #isKnown(path: string): boolean {
    try {
      return findChild(this.#supervisor, path) !== null;
    } catch {
      return false;
    }
  }

  get name(): string {
    return this.#root.name;
  }

  get actor(): AnyActorRef {
    return this.#supervisor.actor;
  }

  get exit(): Promise<TreeExit> {
    return this.#root.exit;
  }

  start(options?: { signal?: AbortSignal | undefined }): Promise<void> {
    return this.#inContext(() => this.#root.start(options));
  }

  stop(options?: { timeoutMs?: number | undefined }): Promise<void> {
    return this.#inContext(() => this.#root.stop(options));
  }

  run(options?: { signal?: AbortSignal | undefined }): Promise<void> {
    return this.#inContext(() => this.#root.run(options));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  use<T>(service: ServiceSpec<T>): T;
  use(path: string): unknown;
  use(service: string | ServiceSpec): unknown {
    const child = findGiver(this.#supervisor, service);
    if (!child.standing.isServing) throw toDown(child);
    return child.unit!.value;
  }

  status(): TreeStatus;
  status(path: string): ServiceStatus | TreeStatus;
  status(path?: string): ServiceStatus | TreeStatus {
    const child = path === undefined ? null : findChild(this.#supervisor, path);
    return child === null ? toRootStatus(this.#root) : toServiceStatus(child);
  }

  view(): StatusView<TreeStatus>;
  view(path: string): StatusView;
  view(path = this.name): StatusView {
    return this.#viewOf(path);
  }

  health(): HealthReport {
    return toHealthReport(this.#supervisor);
  }

  explain(path: string): Explanation {
    const child = findChild(this.#supervisor, path);
    return child === null ? explainRoot(this.#supervisor, toRootStatus(this.#root)) : explainChild(child);
  }

  describe(): TreeDescription {
    return describeSupervisor(this.name, this.name, this.#supervisor);
  }

  now(): number {
    return this.#root.tree.clock.now();
  }

  actorsOf(path: string): ServiceActors {
    const child = findChild(this.#supervisor, path);
    if (child === null) return { service: null, supervisor: this.#supervisor.actor, actor: null };
    const actor = child.plan.body.kind === "actor" ? ((child.unit?.value ?? null) as AnyActorRef | null) : null;
    return { service: child.actor, supervisor: child.supervisor?.actor ?? null, actor };
  }

  watchCharts(witness: Witness): () => void {
    const { tree } = this.#root;
    return tree.witnesses.add(witness, (error) => tree.logger.error({ err: error }, "a witness of the charts failed"));
  }

  watchLog(listener: LogListener): () => void {
    const { tree } = this.#root;
    return tree.logs.add(listener, (error) => tree.logger.error({ err: error }, "a listener of the log failed"));
  }

  extendLog(extra: LogExtra): () => void {
    const { tree } = this.#root;
    check.function(this.name, "extendLog()", extra);
    return tree.logs.extend(extra, (error) => tree.logger.error({ err: error }, "an extra of the log failed"));
  }

  on(type: Heard, listener: (update: never) => unknown): () => void {
    return this.#root.tree.updates.on(type, listener as (update: Update) => unknown);
  }

  updates(options?: {
    signal?: AbortSignal | undefined;
    bufferSize?: number | undefined;
  }): AsyncIterableIterator<Update | Dropped> {
    if (options !== undefined) check.options(this.name, "updates()", options, ["signal", "bufferSize"]);
    return this.#root.tree.updates.read(options);
  }

  async addService(spec: ChildSpec, options: { under?: string | undefined } = {}): Promise<void> {
    check.options(this.name, "addService()", options, ["under"]);
    const { under } = options;
    const owner = under === undefined ? null : findChild(this.#supervisor, under);
    if (owner !== null && owner.supervisor === null)
      throw invalid(this.name, "under", "the path of a supervisor", under);
    await this.#inContext(() => addService(owner?.supervisor ?? this.#supervisor, spec));
  }

  async removeService(path: string): Promise<void> {
    await this.#inContext(() => this.#change(path, "removeService", removeService));
  }

  async redefine(spec: SupervisorSpec, options: RedefineOptions = {}): Promise<Redefinition> {
    check.options(this.name, "redefine()", options, ["isSame", "dryRun"]);
    const { isSame, dryRun = false } = options;
    const plan = planRoot(spec);
    if (plan.name !== this.name) {
      throw invalid(this.name, "name", `"${this.name}", the name of the running tree`, plan.name);
    }
    if (dryRun) return toRedefinition(compare(this.#supervisor, plan, isSame));
    return this.#inContext(() => redefine(this.#supervisor, plan, isSame));
  }

  async startService(path: string): Promise<void> {
    await this.#inContext(() => this.#change(path, "startService", startService));
  }

  async stopService(path: string): Promise<void> {
    await this.#inContext(() => this.#change(path, "stopService", stopService));
  }

  async restartService(path: string): Promise<void> {
    await this.#inContext(() => this.#change(path, "restartService", restartService));
  }
}
