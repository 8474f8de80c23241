// cluster-plan.ts: the options of a cluster, checked, with their defaults.

import { findUnfit, type LeaseRule, leaseDefaults } from "../../machines/policies/lease.ts";
import { check, checkKeys, invalid, isObject } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { ServiceSpec, SupervisionOptions } from "../contract/spec.ts";
import type { ClusterStore } from "./store.ts";

/** One cluster, as a service of a tree. */
export interface ClusterSpec extends Partial<SupervisionOptions> {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. Nodes with the same engine and the same id are one cluster. */
  id: string;
  store: ClusterStore;
  /** This node: its name (default: `node-` and six random characters), labels that roles can ask for, and its version. */
  node?: {
    name?: string | undefined;
    labels?: Readonly<Record<string, string>> | undefined;
    /** The newest takes free roles first. Compared by its numeric parts. */
    version?: string | undefined;
  };
  /**
   * How long a node that is silent keeps what it has, in milliseconds.
   *
   * @default 20_000
   */
  leaseDurationMs?: number | undefined;
  /** @default 3_000 */
  renewIntervalMs?: number | undefined;
  /**
   * Without a confirmed renewal for this long a node stops what is clustered.
   *
   * @default 14_000
   */
  renewDeadlineMs?: number | undefined;
  /**
   * The wait after a failed attempt, and the timeout of one; at least 500.
   *
   * @default 1_000
   */
  retryPeriodMs?: number | undefined;
  /**
   * How much earlier than others a node takes its own lease for over.
   *
   * @default 5 % of leaseDurationMs, at least 500
   */
  clockMarginMs?: number | undefined;
  /**
   * Roles that nobody ever held wait until no node has come or gone for this long; five times as long at the most.
   *
   * @default 2_000
   */
  joinSettleMs?: number | undefined;
  /**
   * The same for moves that only balance.
   *
   * @default 10_000
   */
  rebalanceDelayMs?: number | undefined;
  /**
   * How many shards this node hands over at a time.
   *
   * @default 8
   */
  maxHandovers?: number | undefined;
  /**
   * What others may ask of this node's tree: to look at it and to start, stop and restart its services, only to look, or
   * nothing. Roles of the cluster are stopped, started and moved, and nodes drained, whatever it says.
   *
   * @default "full"
   */
  control?: (typeof controls)[number] | undefined;
}

export const controls = ["full", "read", "none"] as const;

export interface ClusterPlan {
  readonly id: string;
  readonly store: ClusterStore;
  readonly node: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly rule: LeaseRule;
  readonly joinSettleMs: number;
  readonly rebalanceDelayMs: number;
  readonly maxHandovers: number;
  readonly control: (typeof controls)[number];
}

const own = [
  "id",
  "store",
  "node",
  "leaseDurationMs",
  "renewIntervalMs",
  "renewDeadlineMs",
  "retryPeriodMs",
  "clockMarginMs",
  "joinSettleMs",
  "rebalanceDelayMs",
  "maxHandovers",
  "control",
] as const satisfies readonly (keyof ClusterSpec)[];

const supervision = [
  "name",
  "restart",
  "dependsOn",
  "startDelayMs",
  "startTimeoutMs",
  "stopTimeoutMs",
  "critical",
  "significant",
  "meta",
] as const satisfies readonly (keyof SupervisionOptions)[];

/** Checks the id of a cluster. */
export function checkId(where: string, id: unknown): string {
  if (typeof id === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(id)) return id;
  throw invalid(where, "id", "1 to 64 characters of A-Z a-z 0-9 _ -", id);
}

export function checkStore(where: string, store: unknown): ClusterStore {
  if (typeof (store as ClusterStore | undefined)?.open === "function") return store as ClusterStore;
  throw invalid(where, "store", "a store, such as natsStore({ … })", store);
}

/** Checks the options, and separates those of the service from those of the cluster. */
export function planCluster(spec: ClusterSpec): { plan: ClusterPlan; options: Partial<ServiceSpec> } {
  const where = "defineCluster";
  check.object(where, "spec", spec);
  checkKeys(where, spec, [...own, ...supervision]);
  const { node = {} } = spec;
  check.object(where, "node", node);
  checkKeys(where, node, ["name", "labels", "version"], "node");
  const labels = node.labels ?? {};
  if (!isObject(labels) || Object.values(labels).some((label) => typeof label !== "string"))
    throw invalid(where, "node.labels", "an object of strings", labels);
  if (node.version !== undefined && typeof node.version !== "string")
    throw invalid(where, "node.version", "a string", node.version);
  const options = Object.fromEntries(Object.entries(spec).filter(([key]) => supervision.includes(key as never)));
  const plan = {
    id: checkId(where, spec.id),
    store: checkStore(where, spec.store),
    node: node.name === undefined ? null : check.name(where, node.name, "node.name"),
    labels,
    version: node.version ?? "",
    rule: planLease(spec, where),
    joinSettleMs: check.duration(where, "joinSettleMs", spec.joinSettleMs, 2_000),
    rebalanceDelayMs: check.duration(where, "rebalanceDelayMs", spec.rebalanceDelayMs, 10_000),
    maxHandovers: check.threshold(where, "maxHandovers", spec.maxHandovers, 8),
    control: check.oneOf(where, "control", spec.control, controls, "full"),
  };
  return { plan, options };
}

function planLease(spec: ClusterSpec, where: string): LeaseRule {
  const leaseDurationMs = check.positive(where, "leaseDurationMs", spec.leaseDurationMs, leaseDefaults.leaseDurationMs);
  const rule = {
    leaseDurationMs,
    renewIntervalMs: check.positive(where, "renewIntervalMs", spec.renewIntervalMs, leaseDefaults.renewIntervalMs),
    renewDeadlineMs: check.positive(where, "renewDeadlineMs", spec.renewDeadlineMs, leaseDefaults.renewDeadlineMs),
    retryPeriodMs: check.positive(where, "retryPeriodMs", spec.retryPeriodMs, leaseDefaults.retryPeriodMs),
    clockMarginMs: check.positive(where, "clockMarginMs", spec.clockMarginMs, Math.max(500, 0.05 * leaseDurationMs)),
  };
  if (rule.retryPeriodMs < 500) throw invalid(where, "retryPeriodMs", "at least 500 milliseconds", rule.retryPeriodMs);
  const unfit = findUnfit(rule);
  if (unfit !== null) throw new SupervisorError("ERR_INVALID_SPEC", `${where}: ${unfit}`);
  return rule;
}
