// `/metrics`: the tree in Prometheus's text format, by prom-client, which is loaded when it is first asked for.

import { createRequire } from "node:module";
import type { Metric, Registry } from "prom-client";
import type { ServiceState } from "../contract/states.ts";
import type { ServiceStatus, TreeStatus } from "../contract/status.ts";
import type { Update } from "../contract/updates.ts";
import type { Supervisor } from "../index.ts";
import { listStatuses } from "../index.ts";
import { type Answer, text } from "./answer.ts";
import { isDone } from "./probes.ts";

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

/** Labels are written once for each object. */
interface Sample {
  readonly sharedLabels: Labels;
  readonly value: number;
}

type Labels = Record<string, string>;

/** A service with its labels, which stay the same objects from scrape to scrape. */
interface Entry {
  readonly status: Status;
  readonly labels: Labels;
  readonly stateLabels: readonly Labels[];
}

interface Scrape {
  readonly supervisor: Supervisor;
  readonly history: History;
  /** The tree's services and nested supervisors, read once for all metrics. */
  readonly services: readonly Entry[];
}

interface MetricDefinition {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  read(scrape: Scrape): Sample[];
}

const definitions: readonly MetricDefinition[] = [
  {
    name: "statevisor_service_state",
    help: "1 for the state that a service is in, 0 for the others.",
    type: "gauge",
    read: ({ services }) =>
      services.flatMap(({ status, stateLabels }) =>
        states.map((state, i) => ({ sharedLabels: stateLabels[i]!, value: state === status.state ? 1 : 0 })),
      ),
  },
  {
    name: "statevisor_service_healthy",
    help: "1 when a service is running, ready, and its readiness has not failed; or when it has completed.",
    type: "gauge",
    read: ({ services }) =>
      services.map(({ status, labels }) => ({ sharedLabels: labels, value: status.healthy || isDone(status) ? 1 : 0 })),
  },
  {
    name: "statevisor_service_state_seconds",
    help: "How long a service has been in its state.",
    type: "gauge",
    read: ({ services, supervisor }) => {
      const now = supervisor.now();
      return services.map(({ status, labels }) => ({
        sharedLabels: labels,
        value: Math.round(now - status.since) / 1_000,
      }));
    },
  },
  {
    name: "statevisor_service_start_seconds",
    help: "How long the last start of a service took, from launching to ready.",
    type: "gauge",
    read: ({ services, history }) =>
      services.flatMap(({ status, labels }) => {
        const value = history.startSeconds.get(status.path);
        return value === undefined ? [] : [{ sharedLabels: labels, value }];
      }),
  },
  {
    name: "statevisor_service_restarts_total",
    help: "Automatic restarts of a service.",
    type: "counter",
    read: ({ services }) => services.map(({ status, labels }) => ({ sharedLabels: labels, value: status.restarts })),
  },
  {
    name: "statevisor_supervisor_health",
    help: "1 for the aggregate health of the tree, 0 for the others.",
    type: "gauge",
    read: ({ supervisor }) => {
      const { status } = supervisor.health();
      return healths.map((health) => ({
        sharedLabels: { supervisor: supervisor.name, health },
        value: health === status ? 1 : 0,
      }));
    },
  },
  {
    name: "statevisor_escalations_total",
    help: "How often a supervisor gave up.",
    type: "counter",
    read: ({ supervisor, services, history }) => {
      const nested = services.flatMap(({ status }) => (status.kind === "supervisor" ? [status.path] : []));
      return [supervisor.name, ...nested].map((path) => ({
        sharedLabels: { supervisor: path },
        value: history.escalations.get(path) ?? 0,
      }));
    },
  },
];

/**
 * Metrics that are read from the tree when they are asked for. prom-client's own gauges keep a value per set of labels,
 * to be found by a hash: for a thousand services that took longer than all the rest.
 */
function createRegistry({ Registry }: Client, supervisor: Supervisor, history: History): Registry {
  const registry = Object.assign(new Registry(), { getMetricsAsString: format });
  let scrape: Scrape | undefined;
  let entries = new Map<string, Entry>();
  const current = (): Scrape => {
    if (scrape === undefined) {
      entries = new Map(listStatuses(supervisor.status()).map((status) => [status.path, toEntry(status, entries)]));
      scrape = { supervisor, history, services: [...entries.values()] };
      // The metrics of one scrape are all read before anything else happens.
      queueMicrotask(() => {
        scrape = undefined;
      });
    }
    return scrape;
  };
  for (const { read, ...definition } of definitions) {
    const metric = { ...definition, aggregator: "sum", get: async () => ({ ...definition, values: read(current()) }) };
    registry.registerMetric(metric as unknown as Metric);
  }
  return registry;
}

interface Readable {
  get(): Promise<Omit<MetricDefinition, "read"> & { values: readonly Sample[] }>;
}

const texts = new WeakMap<Labels, string>();

/**
 * A metric as Prometheus reads it. The registry would do the same by way of several arrays a line, which took two thirds
 * of the time of a scrape; nothing has to be escaped in the names of services and states.
 */
async function format(metric: Readable): Promise<string> {
  const { name, help, type, values } = await metric.get();
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
  for (const { sharedLabels, value } of values) {
    let text = texts.get(sharedLabels);
    if (text === undefined) {
      const pairs = Object.entries(sharedLabels).map(([label, of]) => `${label}="${of}"`);
      text = `{${pairs.join(",")}}`;
      texts.set(sharedLabels, text);
    }
    lines.push(`${name}${text} ${value}`);
  }
  return lines.join("\n");
}

function toEntry(status: Status, known: ReadonlyMap<string, Entry>): Entry {
  const { path: service } = status;
  const { labels = { service }, stateLabels = states.map((state) => ({ service, state })) } = known.get(service) ?? {};
  return { status, labels, stateLabels };
}
