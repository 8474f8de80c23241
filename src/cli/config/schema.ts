// The schema of config files of data (JSON, YAML): their shape. The JSON Schema for editors is made from it.
//
// The field names are those of the specs in TypeScript; what is a function there is data here (probes, readyOn). Ranges of
// numbers come from the library (contract/ranges.ts). What one field alone cannot decide is checked by defineProcess, the
// probes and describeTree, when the specs are made.

import * as z from "zod";
import { accountName } from "../../contract/check.ts";
import { ranges } from "../../contract/ranges.ts";
import { autoShutdowns, readyOns, stdins, stopModes, strategies } from "../../contract/sets.ts";
import { clusterSchema, roleShapes } from "./cluster-schema.ts";
import { described, numberIn, objectOf, size, wait } from "./fields.ts";
import { environment, probe, words } from "./probe-schema.ts";
import { name, supervision } from "./supervision-schema.ts";

const command = z.union([words, z.string().meta({ pattern: "\\S" })]).meta({
  description: "The program and its arguments, run without a shell; or, with `shell: true`, one string.",
});

const account = z.union([
  numberIn(ranges.id),
  z.string().regex(accountName, "must be a number that is not negative, or the name of a user or group"),
]);

const pathOrNot = objectOf({ path: z.string(), required: z.boolean().optional() });
const envFile = z.union([z.string(), pathOrNot]).meta({ description: "A dotenv file, relative to the config file." });
const envFiles = z
  .union([z.string(), pathOrNot, z.array(envFile)])
  .optional()
  .meta({
    description: "Env files: the later wins over the earlier, the shell over them all, and `env` over the shell.",
  });

const log = objectOf({
  file: z.string().meta({ description: "Relative to the config file." }),
  maxSize: size
    .optional()
    .meta({ ...size.meta(), description: 'A larger file becomes <file>.1, and so on. Default "10MB".' }),
  keep: described(numberIn(ranges.id), "How many of those are kept. Default 5."),
});

const processShape = {
  ...supervision,
  command,
  envFile: envFiles,
  instances: described(
    numberIn(ranges.threshold),
    "Runs it so many times, as name.1, name.2, … under a supervisor of its name. INSTANCE is 0, 1, … in each.",
  ),
  port: described(numberIn(ranges.port), "PORT in its environment; with `instances` it grows by INSTANCE."),
  sharePort: z.boolean().optional().meta({ description: "All instances have the same PORT. Default false." }),
  watch: z.array(z.string()).optional().meta({
    description:
      "Files, folders or globs, relative to `cwd`: with `up --watch` a change restarts it, once for a burst.",
  }),
  ignore: z
    .array(z.string())
    .optional()
    .meta({ description: "What `watch` leaves out, beside node_modules and .git." }),
  log: log.optional().meta({ description: "A file for its output. `logs` shows the newest of it all the same." }),
  profiles: z
    .array(name)
    .optional()
    .meta({ description: "It runs only with `up --profile` of one of these, or when it is named." }),
  enabled: z.boolean().optional().meta({ description: "false: it runs only when it is named. Default true." }),
  cwd: z.string().optional().meta({ description: "Relative to the config file. Default: the folder of the file." }),
  env: environment.optional().meta({ description: "Added to the environment; null takes a variable away." }),
  shell: z.boolean().optional().meta({ description: "Run the command by a shell. Default false." }),
  uid: described(account, "The user to run as, by number or name; needs the right to."),
  gid: described(account, "The group to run as, by number or name. Default: that of the user."),
  stopSignal: z.string().optional().meta({
    description: "Sent to the whole process group to stop it. Default SIGTERM.",
    pattern: "^SIG[A-Z0-9]+$",
  }),
  stopMode: z.enum(stopModes).optional().meta({
    description:
      'Whom stopSignal is sent to first. "leader": the program alone, then the rest of its group. Default "group".',
  }),
  stdin: z.enum(stdins).optional().meta({
    description:
      '"pipe": an open, empty pipe, for a program that ends when its stdin does. "inherit": that of `up`. "tty": a pseudo-terminal that gets what is typed. Default "none".',
  }),
  maxMemory: size.optional().meta({
    ...size.meta(),
    description:
      "The most resident memory of its process group, looked at every 10 s; beyond it, it fails. Default: no limit.",
  }),
  schedule: z.string().optional().meta({
    description:
      'It runs at these times instead of with the tree: a cron pattern, "*/5 * * * *", to which seconds may be put first.',
  }),
  timezone: z.string().optional().meta({
    description: 'That of the schedule, by its IANA name: "Europe/Berlin". Default: that of the machine.',
  }),
  watchdogMs: wait("positive", 'An IPC message "heartbeat" must come at least this often. Default: no watchdog.'),
  successExitCodes: z
    .array(numberIn(ranges.exitCode))
    .optional()
    .meta({ description: "Exit codes that mean completed; all others mean failed. Default [0]." }),
  readyOn: z
    .union([
      z.enum(readyOns),
      objectOf({
        line: z
          .string()
          .refine(isRegExp, "must be a regular expression")
          .meta({ description: "A regular expression that a line of output matches." }),
      }),
    ])
    .optional()
    .meta({
      description: 'When it is up: once spawned, on the IPC message "ready", or when a line matches. Default "start".',
    }),
  health: probe("Readiness and liveness from one check."),
  readiness: probe("Gates dependants and counts for the health; never restarts."),
  liveness: probe("Failing restarts it."),
};

const supervisorShape = {
  ...supervision,
  strategy: z
    .enum(strategies)
    .optional()
    .meta({ description: 'Who restarts with a child that failed. Default "one-for-one".' }),
  intensity: objectOf({ maxRestarts: numberIn(ranges.count), withinMs: numberIn(ranges.positive) })
    .optional()
    .meta({
      description: "More automatic restarts than this within the window fail the supervisor. Default: no limit.",
    }),
  autoShutdown: z
    .enum(autoShutdowns)
    .optional()
    .meta({ description: 'Whether the end of a significant child ends the supervisor. Default "never".' }),
};

const { singleton, set } = roleShapes(processShape);
const singletonSchema = objectOf(singleton).meta({ id: "Singleton", description: "Runs on exactly one node." });
const shardsSchema = objectOf(set).meta({
  id: "Shards",
  description: "Spread over the nodes; each runs on exactly one.",
});

export type RoleConfig = z.infer<typeof singletonSchema> & { shards?: number };
export type ClusterConfig = z.infer<typeof clusterSchema>;

const processSchema = objectOf(processShape).meta({ id: "Process" });

export type ProcessConfig = z.infer<typeof processSchema>;
export type LogConfig = NonNullable<ProcessConfig["log"]>;
export type ProbeConfig = NonNullable<ProcessConfig["health"]>;
export type SupervisorConfig = z.infer<z.ZodObject<typeof supervisorShape>> & { services: ChildConfig[] };
export type ChildConfig = ProcessConfig | SupervisorConfig;

const children: z.ZodType<ChildConfig[]> = z.array(z.lazy(() => z.union([processSchema, supervisorSchema])));
const supervisorSchema = objectOf({ ...supervisorShape, services: children }).meta({
  id: "Supervisor",
  description: "A supervisor and its services.",
}) as z.ZodType<SupervisorConfig>;

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** The whole file. */
export const configSchema = objectOf({
  $schema: z.string().optional(),
  name,
  meta: supervision.meta,
  strategy: supervisorShape.strategy,
  intensity: supervisorShape.intensity,
  autoShutdown: supervisorShape.autoShutdown,
  env: environment.optional().meta({ description: "The environment of all; that of a service is laid over it." }),
  envFile: envFiles,
  log: log.optional().meta({ description: "A file for the output of all services that have none of their own." }),
  cluster: clusterSchema.optional(),
  singletons: z.array(singletonSchema).optional().meta({ description: "Processes that run on exactly one node each." }),
  shards: z.array(shardsSchema).optional().meta({ description: "Processes that are spread over the nodes." }),
  services: children.meta({ description: "Processes, and supervisors of processes." }),
}).meta({ title: "statevisor config", description: "A tree of processes, run by `statevisor up`." });

export type Config = z.infer<typeof configSchema>;

/** For editors, through `"$schema"`. */
export function toJsonSchema(): object {
  // A number of a range says what it is in its meta.
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
  return { ...schema, patternProperties: { "^x-": {} } };
}
