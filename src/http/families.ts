// families.ts: the tree as families of metrics, read from its status when they are asked for.

import { serviceStates as states } from "../contract/states.ts";
import type { ServiceStatus, Supervisor, TreeStatus } from "../index.ts";
import type { Family, Labels, Sample } from "./exposition.ts";
import { isDone } from "./probes.ts";
import { StartHistory } from "./start-history.ts";

type Status = ServiceStatus | TreeStatus;

const healths = ["healthy", "degraded", "unhealthy"] as const;

/** `/metrics` and OpenTelemetry have the same. */
export interface FamilyOptions {
  /**
   * How `statevisor_service_state` is written. state-set: a sample for each state, 1 for the one that the service is in.
   * number: one sample, a sixth of the text: 0 stopped, 1 starting, 2 running, 3 stopping, 4 backoff, 5 failed.
   *
   * @default "state-set"
   */
  serviceStates?: "state-set" | "number" | undefined;
  /**
   * Which services have metrics, nested supervisors included.
   *
   * @default all
   */
  include?: ((path: string) => boolean) | undefined;
}

/** Follows the tree from now on. Each call gives what is so then; `stop` ends it. */
export function createFamilies(
  supervisor: Supervisor,
  { serviceStates = "state-set", include = () => true }: FamilyOptions = {},
): { (): Family[]; stop(): void } {
  const history = new StartHistory(supervisor);
  let entries: ReadonlyMap<string, Entry> = new Map();
  const read = (): Family[] => {
    const statuses = listInside(supervisor.status()).filter(({ path }) => include(path));
    entries = new Map(statuses.map((status) => [status.path, toEntry(status, entries.get(status.path))]));
    return describe(supervisor, [...entries.values()], history, serviceStates);
  };
  return Object.assign(read, { stop: () => history.stop() });
}

/** Everything below a supervisor, in the order of definition. */
function listInside(tree: TreeStatus): Status[] {
  return tree.services.flatMap((status) => ("services" in status ? [status, ...listInside(status)] : [status]));
}

/** A service with its labels, which stay the same objects from scrape to scrape. */
interface Entry {
  readonly status: Status;
  readonly labels: Labels;
  readonly stateLabels: readonly Labels[];
}

function toEntry(status: Status, known: Entry | undefined): Entry {
  const { path: service } = status;
  return {
    status,
    labels: known?.labels ?? { service },
    stateLabels: known?.stateLabels ?? states.map((state) => ({ service, state })),
  };
}

function describe(
  supervisor: Supervisor,
  entries: readonly Entry[],
  history: StartHistory,
  serviceStates: "state-set" | "number",
): Family[] {
  const now = supervisor.now();
  const health = supervisor.health().status;
  const each = (read: (status: Status) => number): Sample[] =>
    entries.map(({ status, labels }) => ({ labels, value: read(status) }));
  const supervisors = [supervisor.name, ...entries.flatMap(({ status }) => ("services" in status ? status.path : []))];
  return [
    serviceStates === "number"
      ? {
          name: "statevisor_service_state",
          help: `The state that a service is in: ${states.map((state, i) => `${i} ${state}`).join(", ")}.`,
          type: "gauge",
          samples: each(({ state }) => states.indexOf(state)),
        }
      : {
          name: "statevisor_service_state",
          help: "1 for the state that a service is in, 0 for the others.",
          type: "gauge",
          samples: entries.flatMap(({ status, stateLabels }) =>
            states.map((state, i) => ({ labels: stateLabels[i]!, value: state === status.state ? 1 : 0 })),
          ),
        },
    {
      name: "statevisor_service_healthy",
      help: "1 when a service is running, ready, and its readiness has not failed; or when it has completed.",
      type: "gauge",
      samples: each((status) => (status.healthy || isDone(status) ? 1 : 0)),
    },
    {
      name: "statevisor_service_state_seconds",
      help: "How long a service has been in its state.",
      type: "gauge",
      unit: "seconds",
      samples: each(({ since }) => Math.round(now - since) / 1_000),
    },
    {
      name: "statevisor_service_start_seconds",
      help: "How long the last start of a service took, from launching to ready.",
      type: "gauge",
      unit: "seconds",
      samples: entries.flatMap(({ status, labels }) => {
        const value = history.startSeconds(status.path);
        return value === null ? [] : [{ labels, value }];
      }),
    },
    {
      name: "statevisor_service_restarts",
      help: "Automatic restarts of a service.",
      type: "counter",
      samples: each(({ restarts }) => restarts),
    },
    {
      name: "statevisor_supervisor_health",
      help: "1 for the aggregate health of the tree, 0 for the others.",
      type: "gauge",
      samples: healths.map((one) => ({
        labels: { supervisor: supervisor.name, health: one },
        value: one === health ? 1 : 0,
      })),
    },
    {
      name: "statevisor_escalations",
      help: "How often a supervisor gave up.",
      type: "counter",
      samples: supervisors.map((path) => ({ labels: { supervisor: path }, value: history.escalations(path) })),
    },
  ];
}
