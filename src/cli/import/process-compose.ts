// process-compose.ts: a config of process-compose as one of ours.

import { constants } from "node:os";
import { asLiterals, asVariables, Fields, given, type Imported, type Left, toEnvironment, toName } from "./fields.ts";

const conditions: Record<string, string> = {
  process_started: "started",
  process_healthy: "healthy",
  process_log_ready: "healthy",
  process_completed: "completed",
  process_completed_successfully: "completed",
};

const restarts: Record<string, string> = { always: "always", on_failure: "on-failure", exit_on_failure: "never" };

export function fromProcessCompose(value: unknown, name: string): Imported {
  const left: Left[] = [];
  const file = new Fields(withVariables(value, left), "", left);
  const processes = Object.entries((file.take("processes") ?? {}) as Record<string, unknown>);
  const log = file.text("log_location");
  const env = toEnvironment(file.take("environment"));
  const own = file.text("name");
  const envFile = file.take("env_file");
  file.ignore(
    "version",
    "log_level",
    "log_length",
    "log_configuration",
    "is_strict",
    "disable_env_expansion",
    "is_tui_disabled",
  );
  file.leaveIf("vars", "templates are not offered: use ${NAME} with env files");
  file.leaveIf("shell", "commands run by /bin/sh");
  file.leaveIf("env_cmds", "is not offered: a variable has a value, or that of the shell");
  file.close();
  const names = new Set<string>();
  const services = processes.map(([key, process]) =>
    toService(toName(key, names), new Fields(process, `processes.${key}`, left)),
  );
  return { config: given({ name: own ?? name, env, envFile, log: log && { file: log }, services }), left };
}

/** Commands are left to the shell, which knows every $NAME; `$$` is how the file writes a dollar sign for it. */
function withVariables(value: unknown, left: Left[]): unknown {
  const isObject = (it: unknown): it is Record<string, unknown> => typeof it === "object" && it !== null;
  const converted = asVariables(value, "", left);
  const given = isObject(value) && isObject(value.processes) ? value.processes : {};
  const processes = isObject(converted) && isObject(converted.processes) ? converted.processes : {};
  for (const [name, process] of Object.entries(processes)) {
    const { command } = (given[name] ?? {}) as { command?: unknown };
    if (isObject(process) && typeof command === "string") {
      process.command = asLiterals(command.replaceAll("$$", "$"));
    }
  }
  return converted;
}

function toService(name: string, process: Fields): Record<string, unknown> {
  const shutdown = process.inner("shutdown");
  const signal = shutdown.number("signal");
  const seconds = shutdown.number("timeout_seconds");
  const isLeader = shutdown.take("parent_only") === true;
  shutdown.leaveIf("command", "is not offered: the program is sent stopSignal");
  shutdown.close();
  const replicas = process.number("replicas");
  const line = process.text("ready_log_line");
  const log = process.text("log_location");
  const command = process.take("entrypoint") ?? process.take("command");
  const isForeground = process.take("is_foreground", "is_interactive") === true;
  const service = given({
    name,
    command,
    shell: Array.isArray(command) ? undefined : true,
    cwd: process.text("working_dir"),
    env: toEnvironment(process.take("environment")),
    envFile: process.take("env_file", "dotenv"),
    instances: replicas !== undefined && replicas > 1 ? replicas : undefined,
    ...toSchedule(process),
    enabled: process.take("disabled") === true || isForeground ? false : undefined,
    dependsOn: toDependsOn(process),
    ...toRestart(process),
    readyOn:
      line === undefined ? undefined : { line: line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("$", "$$$$") },
    readiness: toProbe(process.inner("readiness_probe")),
    liveness: toProbe(process.inner("liveness_probe")),
    stopSignal: Object.entries(constants.signals).find(([, number]) => number === signal)?.[0],
    stopTimeoutMs: seconds === undefined ? undefined : seconds * 1_000,
    stopMode: isLeader ? "leader" : undefined,
    log: log === undefined ? undefined : { file: log },
  });
  process.leaveIf("is_daemon", "a program has to stay in the foreground here");
  process.leaveIf("is_tty", "give it `stdin: tty`, which one service at a time may have");
  process.leaveIf("namespace", "is not offered: nest supervisors, or use profiles");
  process.leaveIf("vars", "templates are not offered: use ${NAME} with env files");
  process.ignore("description", "disable_ansi_colors", "log_configuration", "is_elevated", "launch_timeout_seconds");
  process.close();
  return service;
}

function toSchedule(process: Fields): Record<string, unknown> {
  const schedule = process.inner("schedule");
  const result = given({ schedule: schedule.text("cron"), timezone: schedule.text("timezone") });
  schedule.close("is not offered: a schedule is a cron expression");
  return result;
}

function toDependsOn(process: Fields): unknown {
  const given = process.take("depends_on") as Record<string, { condition?: string } | null> | undefined;
  if (given === undefined) return undefined;
  return Object.entries(given).map(([service, on]) => {
    const condition = on?.condition ?? "process_started";
    if (condition === "process_completed") {
      const text = "whatever its exit code is not offered: here it waits for an end without failure";
      process.left.push({ place: `${process.placeOf("depends_on")}.${service}`, text });
    }
    return { service, condition: conditions[condition] ?? "healthy" };
  });
}

function toRestart(process: Fields): Record<string, unknown> {
  const availability = process.inner("availability");
  const restart = availability.text("restart") ?? "no";
  const seconds = availability.number("backoff_seconds");
  const most = availability.number("max_restarts");
  const isCritical = restart === "exit_on_failure" || availability.take("exit_on_end") === true;
  availability.leaveIf("exit_on_skipped", "is not offered: a dependency that is hopeless fails its dependants");
  availability.close();
  const policy = restarts[restart] ?? "never";
  if (policy === "never") return { restart: "never", critical: isCritical };
  return {
    critical: false,
    restart: {
      policy,
      initialBackoffMs: (seconds ?? 1) * 1_000,
      multiplier: 1,
      jitter: false,
      maxRetries: most ? most : "Infinity",
    },
  };
}

function toProbe(probe: Fields): unknown {
  const exec = probe.inner("exec");
  const command = exec.text("command");
  const cwd = exec.text("working_dir");
  exec.close();
  const http = probe.inner("http_get");
  const port = http.text("port");
  const url = `${http.text("scheme") ?? "http"}://${http.text("host") ?? "127.0.0.1"}:${port}${http.text("path") ?? "/"}`;
  http.leaveIf("headers", "are not offered");
  http.leaveIf("status_code", "is not offered: 200 to 399 is healthy");
  http.close();
  const toMs = (key: string, otherwise: number) => (probe.number(key) ?? otherwise) * 1_000;
  const numbers = given({
    initialDelayMs: toMs("initial_delay_seconds", 0),
    intervalMs: toMs("period_seconds", 10),
    timeoutMs: toMs("timeout_seconds", 1),
    successThreshold: probe.number("success_threshold"),
    failureThreshold: probe.number("failure_threshold"),
  });
  probe.close();
  if (command !== undefined) return given({ exec: ["sh", "-c", command], cwd, ...numbers });
  return port === undefined ? undefined : { http: url, ...numbers };
}
