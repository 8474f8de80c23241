// `/metrics`: the tree in Prometheus's text format, by prom-client, which is loaded when it is first asked for.

import { createRequire } from "node:module";
import type { Registry } from "prom-client";
import type { ServiceStatus, TreeStatus } from "../status.ts";
import type { Supervisor } from "../supervisor.ts";
import type { ServiceState, Update } from "../updates.ts";
import { type Answer, text } from "./answer.ts";

type Client = typeof import("prom-client");
type StatusUpdate = Extract<Update, { type: "status" }>;
type Status = ServiceStatus | TreeStatus;

const states: readonly ServiceState[] = ["stopped", "starting", "running", "stopping", "backoff", "failed"];
const healths = ["healthy", "degraded", "unhealthy"] as const;

/**
 * What `/metrics` answers. It listens to the tree from now on, for what its status does not tell: how long starts took,
 * how often a supervisor gave up. Without prom-client: 501.
 */
export function createMetrics(supervisor: Supervisor): () => Answer {
  const history = listen(supervisor);
  let registry: Registry | null | undefined;

  return () => {
    if (registry === undefined) {
      const client = load();
      registry = client === null ? null : createRegistry(client, supervisor, history);
    }
    if (registry === null)
      return text(501, "metrics need the package prom-client beside statevisor: npm install prom-client");
    return { status: 200, type: registry.contentType, body: registry.metrics() };
  };
}

/** It is an optional peer: whoever does not ask for metrics need not install it. */
function load(): Client | null {
  try {
    return createRequire(import.meta.url)("prom-client") as Client;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return null;
    throw error;
  }
}

interface History {
  /** Of the last start that came up, by path: seconds from launching to ready. */
  readonly startSeconds: Map<string, number>;
  /** By path of the supervisor. */
  readonly escalations: Map<string, number>;
}

/** Of more services than this the oldest are forgotten: trees whose services come and go must not fill the memory. */
const remembered = 10_000;

function listen(supervisor: Supervisor): History {
  const history: History = { startSeconds: new Map(), escalations: new Map() };
  const launchedAt = new Map<string, number>();
  supervisor.on("status", ({ path, to, phase, at }: StatusUpdate) => {
    if (to === "starting" && phase === "launching") return remember(launchedAt, path, at);
    const launched = launchedAt.get(path);
    launchedAt.delete(path);
    if (to === "running" && launched !== undefined) remember(history.startSeconds, path, (at - launched) / 1_000);
  });
  supervisor.on("escalation", ({ path }) => {
    remember(history.escalations, path, (history.escalations.get(path) ?? 0) + 1);
  });
  return history;
}

function remember(map: Map<string, number>, path: string, value: number): void {
  map.delete(path);
  map.set(path, value);
  if (map.size > remembered) map.delete(map.keys().next().value!);
}

/** Each metric reads the tree when it is collected; nothing is kept between two scrapes. */
function createRegistry({ Gauge, Counter, Registry }: Client, supervisor: Supervisor, history: History): Registry {
  const registers = [new Registry()];
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (set: Setter) => void,
  ) => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        read((labels, value) => this.set(labels as Record<Label, string>, value));
      },
    });
  };
  const counter = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (set: Setter) => void,
  ) => {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        read((labels, value) => this.inc(labels as Record<Label, string>, value));
      },
    });
  };

  gauge(
    "statevisor_service_state",
    "1 for the state that a service is in, 0 for the others.",
    ["service", "state"],
    (set) => {
      for (const { path, state } of services(supervisor)) {
        for (const each of states) set({ service: path, state: each }, each === state ? 1 : 0);
      }
    },
  );
  gauge(
    "statevisor_service_healthy",
    "Whether a service is running, ready, and its readiness has not failed.",
    ["service"],
    (set) => {
      for (const { path, healthy } of services(supervisor)) set({ service: path }, healthy ? 1 : 0);
    },
  );
  gauge("statevisor_service_state_seconds", "How long a service has been in its state.", ["service"], (set) => {
    const now = supervisor.now();
    for (const { path, since } of services(supervisor)) set({ service: path }, (now - since) / 1_000);
  });
  gauge(
    "statevisor_service_start_seconds",
    "How long the last start of a service took, from launching to ready.",
    ["service"],
    (set) => {
      for (const { path } of services(supervisor)) {
        const seconds = history.startSeconds.get(path);
        if (seconds !== undefined) set({ service: path }, seconds);
      }
    },
  );
  counter("statevisor_service_restarts_total", "Automatic restarts of a service.", ["service"], (set) => {
    for (const { path, restarts } of services(supervisor)) set({ service: path }, restarts);
  });
  gauge(
    "statevisor_supervisor_health",
    "1 for the aggregate health of the tree, 0 for the others.",
    ["supervisor", "health"],
    (set) => {
      const { status } = supervisor.health();
      for (const each of healths) set({ supervisor: supervisor.name, health: each }, each === status ? 1 : 0);
    },
  );
  counter("statevisor_escalations_total", "How often a supervisor gave up.", ["supervisor"], (set) => {
    set({ supervisor: supervisor.name }, history.escalations.get(supervisor.name) ?? 0);
    for (const { path, kind } of services(supervisor)) {
      if (kind === "supervisor") set({ supervisor: path }, history.escalations.get(path) ?? 0);
    }
  });
  return registers[0]!;
}

type Setter = (labels: Record<string, string>, value: number) => void;

function services(supervisor: Supervisor): Status[] {
  return flatten(supervisor.status());
}

function flatten(tree: TreeStatus): Status[] {
  return tree.services.flatMap((status) => ("services" in status ? [status, ...flatten(status)] : [status]));
}
