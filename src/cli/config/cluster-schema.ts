// cluster-schema.ts: the parts of a config file of data that make it the program of a node of a cluster.

import * as z from "zod";
import { ranges } from "../../contract/ranges.ts";
import { described, numberIn, objectOf, wait } from "./fields.ts";

const labels = z.record(z.string(), z.string()).optional();

export const clusterSchema = objectOf({
  id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 characters of A-Z a-z 0-9 _ -")
    .meta({ description: "Nodes with the same engine and the same id are one cluster." }),
  store: z
    .string()
    .regex(/^(nats|tls|postgres|postgresql):\/\//, "must begin with nats://, tls:// or postgres://")
    .meta({
      description: 'The engine: "nats://a,nats://b,nats://c" or "postgres://…". Credentials belong in variables.',
    }),
  node: objectOf({
    name: z.string().optional().meta({ description: "Default: the host name." }),
    labels: labels.meta({ description: "What roles can ask for." }),
    version: z
      .string()
      .optional()
      .meta({ description: "The newest takes free roles first. Default: that of the nearest package.json." }),
  })
    .optional()
    .meta({ description: "This node." }),
  leaseDurationMs: wait("positive", "How long a node that is silent keeps what it has. Default 20000."),
  renewIntervalMs: wait("positive", "Default 3000."),
  renewDeadlineMs: wait("positive", "Without a renewal for this long a node stops what is clustered. Default 14000."),
  retryPeriodMs: wait("positive", "The wait after a failed attempt, and the timeout of one. Default 1000."),
  clockMarginMs: wait("positive", "How much earlier a node takes its own lease for over. Default: 5 % of it."),
  joinSettleMs: wait("duration", "What nobody ever held waits until no node comes for this long. Default 2000."),
  rebalanceDelayMs: wait("duration", "The same for moves that only balance. Default 10000."),
  maxHandovers: described(numberIn(ranges.threshold), "How many shards are handed over at a time. Default 8."),
  control: z
    .enum(["full", "read", "none"])
    .optional()
    .meta({ description: 'What other nodes may ask of the services of this one. Default "full".' }),
}).meta({ id: "Cluster", description: "This program is a node of a cluster." });

/** What a process has more, or less, when it is clustered. */
export function roleShapes<Shape extends Record<string, z.ZodType>>(process: Shape) {
  const { instances: _i, port: _p, sharePort: _s, profiles: _r, enabled: _e, watch: _w, ignore: _g, ...rest } = process;
  const { significant: _f, schedule: _c, timezone: _t, ...shape } = rest;
  const role = {
    ...(shape as Omit<
      Shape,
      | "instances"
      | "port"
      | "sharePort"
      | "profiles"
      | "enabled"
      | "watch"
      | "ignore"
      | "significant"
      | "schedule"
      | "timezone"
    >),
    placement: objectOf({
      labels: labels.meta({ description: "The labels that a node must have." }),
      prefer: z.enum(["version", "none"]).optional().meta({
        description: 'Whether the newest version takes it first when it is free. Default "version".',
      }),
    })
      .optional()
      .meta({ description: "Which nodes may take it." }),
    failover: objectOf({
      moveAfterFailures: described(
        numberIn({ ...ranges.threshold, mayBeInfinite: true }),
        "Failures in a row on one node, after which another tries. Default 3.",
      ),
    }).optional(),
    dependants: z.enum(["anywhere", "here"]).optional().meta({
      description: 'Where it must be healthy for the services of this node that depend on it. Default "anywhere".',
    }),
  };
  const shards = z
    .int()
    .min(1)
    .max(4_096)
    .meta({ description: "How many; they cannot be changed later. STATEVISOR_SHARD is 0, 1, … in each." });
  return { singleton: role, set: { ...role, shards } };
}
