// What a config file of data (JSON, YAML) may say. The JSON Schema for editors is made from it.
//
// The field names are those of the specs in TypeScript; what is a function there is data here (probes, readyOn).

import { constants } from "node:os";
import { z } from "zod";

const ms = (text: string) =>
  z
    .union([z.number().nonnegative(), z.literal("Infinity")])
    .optional()
    .meta({ description: `${text} In milliseconds.` });
const count = (least: number, text: string) =>
  z
    .union([z.int().min(least), z.literal("Infinity")])
    .optional()
    .meta({ description: text });

const name = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 _ . -")
  .meta({ description: 'Unique among its siblings. "/" joins names to paths.' });

const policy = z.enum(["always", "on-failure", "never"]);

const restart = z
  .union([
    policy,
    z.strictObject({
      policy: policy.optional().meta({ description: 'Default "on-failure".' }),
      maxRetries: count(0, "Consecutive failures that are retried; the next one is final. Default 5."),
      initialBackoffMs: ms("The wait after the first failure. Default 1000."),
      maxBackoffMs: ms("The longest wait. Default 60000."),
      multiplier: z
        .number()
        .min(1)
        .optional()
        .meta({ description: "By which the wait grows with each failure. Default 2." }),
      jitter: z
        .union([z.boolean(), z.number().min(0).max(1)])
        .optional()
        .meta({ description: "A share of the wait by which it varies both ways. Default true: 0.25." }),
      resetAfterMs: ms("Being up this long clears the count of failures. Default: maxBackoffMs, at least 1000."),
    }),
  ])
  .optional()
  .meta({ description: 'Whether and how it comes back. Default "on-failure".' });

const dependsOn = z
  .array(
    z.union([
      z.string(),
      z.strictObject({
        service: z.string(),
        condition: z.enum(["started", "healthy", "completed"]).optional().meta({ description: 'Default "healthy".' }),
        required: z
          .boolean()
          .optional()
          .meta({ description: "false: start anyway once it is hopeless. Default true." }),
        onFailure: z
          .enum(["ignore", "stop", "restart"])
          .optional()
          .meta({ description: 'What happens to this service when that one goes down later. Default "ignore".' }),
      }),
    ]),
  )
  .optional()
  .meta({ description: "Siblings that must be up first." });

const command = z
  .union([z.array(z.string()).min(1), z.string().min(1)])
  .meta({ description: "The program and its arguments, run without a shell; or, with `shell: true`, one string." });

const probeOptions = {
  intervalMs: ms("From the end of one check to the start of the next. Default 1000."),
  timeoutMs: ms("A check that takes longer has failed. Default 1000."),
  initialDelayMs: ms("From ready to the first check. Default 0."),
  failureThreshold: z.int().min(1).optional().meta({ description: "Failures in a row that count. Default 3." }),
  successThreshold: z.int().min(1).optional().meta({ description: "Passes in a row that count. Default 1." }),
};

const probe = (text: string) =>
  z
    .union([
      z.strictObject({
        http: z
          .string()
          .regex(/^https?:\/\/[^/\s]+/, "must be a URL that begins with http:// or https://")
          .meta({ description: "A URL that must answer with a status of 200 to 399." }),
        ...probeOptions,
      }),
      z.strictObject({
        tcp: z
          .union([z.int().min(1).max(65_535), z.string().regex(/^(\S+:)?\d{1,5}$/, 'must be a port, or "host:port"')])
          .meta({ description: 'A port, or "host:port", that must accept a connection.' }),
        ...probeOptions,
      }),
      z.strictObject({
        exec: z.array(z.string()).min(1).meta({ description: "A program that must exit with 0." }),
        ...probeOptions,
      }),
    ])
    .optional()
    .meta({ description: text });

const supervision = {
  name,
  restart,
  dependsOn,
  startDelayMs: ms("A wait before the first start. Default 0."),
  startTimeoutMs: ms("Not ready by then is a failed start. Default 30000; none for a supervisor."),
  stopTimeoutMs: ms("How long it may take to stop before it is killed. Default 10000; no limit for a supervisor."),
  critical: z.boolean().optional().meta({
    description: 'Whether its failure for good fails its supervisor. Default true, unless restart is "never".',
  }),
  significant: z.boolean().optional().meta({ description: "Whether its end counts for autoShutdown. Default false." }),
  meta: z.record(z.string(), z.unknown()).optional().meta({ description: "Yours; the inspector shows it." }),
};

const processShape = {
  ...supervision,
  command,
  cwd: z.string().optional().meta({ description: "Relative to the config file. Default: the folder of the file." }),
  env: z
    .record(
      z.string().regex(/^[^=]+$/, 'must be the name of a variable: not empty, without "="'),
      z.union([z.string(), z.number(), z.boolean(), z.null()]),
    )
    .optional()
    .meta({ description: "Added to the environment; null takes a variable away." }),
  shell: z.boolean().optional().meta({ description: "Run the command by a shell. Default false." }),
  uid: z.int().min(0).optional().meta({ description: "The user to run as, by number; needs the right to." }),
  gid: z.int().min(0).optional().meta({ description: "The group to run as, by number; needs the right to." }),
  stopSignal: z
    .string()
    .refine((name) => Object.hasOwn(constants.signals, name), "must be the name of a signal, as SIGTERM or SIGINT")
    .optional()
    .meta({ description: "Sent to the whole process group to stop it. Default SIGTERM." }),
  successExitCodes: z
    .array(z.int().min(0).max(255))
    .optional()
    .meta({ description: "Exit codes that mean completed; all others mean failed. Default [0]." }),
  readyOn: z
    .union([
      z.enum(["start", "signal"]),
      z.strictObject({
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
    .enum(["one-for-one", "one-for-all", "rest-for-one"])
    .optional()
    .meta({ description: 'Who restarts with a child that failed. Default "one-for-one".' }),
  intensity: z
    .strictObject({ maxRestarts: z.int().min(0), withinMs: z.number().positive() })
    .optional()
    .meta({
      description: "More automatic restarts than this within the window fail the supervisor. Default: no limit.",
    }),
  autoShutdown: z
    .enum(["never", "any-significant", "all-significant"])
    .optional()
    .meta({ description: 'Whether the end of a significant child ends the supervisor. Default "never".' }),
};

const processSchema = z
  .strictObject(processShape)
  .refine(({ command, shell }) => Array.isArray(command) !== (shell === true), {
    path: ["command"],
    message: "must be a list: the program and its arguments; with `shell: true` it must be one string",
  })
  .meta({ id: "Process" });

export type ProcessConfig = z.infer<typeof processSchema>;
export type ProbeConfig = NonNullable<ProcessConfig["health"]>;
export type SupervisorConfig = z.infer<z.ZodObject<typeof supervisorShape>> & { services: ChildConfig[] };
export type ChildConfig = ProcessConfig | SupervisorConfig;

const children: z.ZodType<ChildConfig[]> = z.array(z.lazy(() => z.union([processSchema, supervisorSchema])));
const supervisorSchema = z
  .strictObject({ ...supervisorShape, services: children })
  .meta({ id: "Supervisor", description: "A supervisor and its services." }) as z.ZodType<SupervisorConfig>;

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** The whole file. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name,
    meta: supervision.meta,
    strategy: supervisorShape.strategy,
    intensity: supervisorShape.intensity,
    autoShutdown: supervisorShape.autoShutdown,
    services: children.meta({ description: "Processes, and supervisors of processes." }),
  })
  .meta({ title: "statevisor config", description: "A tree of processes, run by `statevisor up`." });

export type Config = z.infer<typeof configSchema>;

/** For editors, through `"$schema"`. */
export function toJsonSchema(): object {
  return { ...z.toJSONSchema(configSchema, { io: "input" }), patternProperties: { "^x-": {} } };
}
