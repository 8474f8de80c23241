// compose.ts: a compose file as a config of ours. A container is a program here: what only an image knows is left to the user.

import {
  asVariables,
  Fields,
  given,
  type Imported,
  type Left,
  toEnvironment,
  toMs,
  toName,
  toSize,
  toWords,
} from "./fields.ts";

const conditions: Record<string, string> = {
  service_started: "started",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
};

/** What is of containers alone. */
const ofContainers = "is of containers";
const unread = "is not read: `docker compose config` prints one file with all of it";

export function fromCompose(value: unknown, name: string): Imported {
  const left: Left[] = [];
  const file = new Fields(asVariables(value, "", left), "", left);
  const services = Object.entries((file.take("services") ?? {}) as Record<string, unknown>);
  const own = file.text("name");
  file.ignore("version");
  file.leaveIf("include", unread);
  for (const key of ["networks", "volumes", "configs", "secrets"]) file.leaveIf(key, ofContainers);
  file.close();
  const names = new Set<string>();
  const keys = services.map(([key]) => key);
  return {
    config: {
      name: own ?? name,
      services: services.map(([key, service]) => {
        const fields = new Fields(service, `services.${key}`, left);
        const result = toService(toName(key, names), fields);
        noteHosts(fields, result, keys);
        return result;
      }),
    },
    left,
  };
}

function toService(name: string, service: Fields): Record<string, unknown> {
  const image = service.text("image");
  const words = [...toCommand(service.take("entrypoint")), ...toCommand(service.take("command"))];
  const [uid, gid] = (service.text("user") ?? "").split(":");
  const toId = (id: string | undefined) => (id ? (/^\d+$/.test(id) ? Number(id) : id) : undefined);
  if (words.length === 0) {
    const of = image === undefined ? "its image" : image;
    service.left.push({
      place: service.place,
      text: `has no command: say which program ${of} runs, and take \`enabled: false\` away`,
    });
  }
  const deploy = service.inner("deploy");
  const resources = deploy.inner("resources");
  const limits = resources.inner("limits");
  const result = given({
    name,
    command: words.length > 0 ? words : ["program-of-the-image"],
    enabled: words.length > 0 ? undefined : false,
    cwd: service.text("working_dir"),
    env: toEnvironment(service.take("environment")),
    envFile: toEnvFiles(service.take("env_file")),
    instances: toCount(deploy.number("replicas") ?? service.number("scale")),
    maxMemory: toSize(service.take("mem_limit") ?? limits.take("memory")),
    uid: toId(uid),
    gid: toId(gid),
    dependsOn: toDependsOn(service.take("depends_on")),
    restart: toRestart(service),
    critical: false,
    readiness: toReadiness(service),
    stopSignal: service.text("stop_signal"),
    stopTimeoutMs: toMs(service.take("stop_grace_period")),
    stdin: service.take("stdin_open") === true ? "pipe" : undefined,
    profiles: service.take("profiles"),
  });
  for (const fields of [limits, resources, deploy]) fields.close(ofContainers);
  leaveContainers(service);
  return result;
}

/** Containers reach each other under their names, programs do not. */
function noteHosts(service: Fields, { command, env }: Record<string, unknown>, keys: readonly string[]): void {
  const texts = [...(command as string[]).slice(1), ...Object.values((env ?? {}) as object).map(String)];
  for (const key of keys) {
    const name = key.replaceAll(".", "\\.");
    const asHost = new RegExp(`(//|@)${name}([:/]|$)|(^|[,=])${name}:\\d`);
    const found = texts.find((text) => asHost.test(text));
    if (found === undefined) continue;
    service.left.push({ place: service.place, text: `${found}: the host ${key} is 127.0.0.1 here` });
  }
}

function toCommand(value: unknown): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(String) : toWords(String(value));
}

function toCount(count: number | undefined): number | undefined {
  return count !== undefined && count > 1 ? count : undefined;
}

function toEnvFiles(value: unknown): unknown {
  if (value === undefined) return undefined;
  const files = [value].flat().map((file) => {
    if (typeof file !== "object" || file === null) return file;
    const { path, required } = file as { path?: unknown; required?: unknown };
    return required === false ? { path, required } : path;
  });
  return files.length === 1 ? files[0] : files;
}

function toDependsOn(value: unknown): unknown {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((service) => ({ service, condition: "started" }));
  return Object.entries(value as Record<string, { condition?: string; required?: boolean; restart?: boolean }>).map(
    ([service, { condition = "service_started", required, restart }]) =>
      given({
        service,
        condition: conditions[condition] ?? "healthy",
        required: required === false ? false : undefined,
        onFailure: restart === true ? "restart" : undefined,
      }),
  );
}

function toRestart(service: Fields): unknown {
  const policy = service.text("restart") ?? "no";
  const [kind, count] = policy.split(":");
  if (kind === "on-failure") return { maxRetries: count === undefined ? "Infinity" : Number(count) };
  if (kind === "always" || kind === "unless-stopped") return { policy: "always", maxRetries: "Infinity" };
  return "never";
}

function toReadiness(service: Fields): unknown {
  const check = service.inner("healthcheck");
  const test = check.take("test");
  const isOff = check.take("disable") === true || (Array.isArray(test) && test[0] === "NONE");
  check.ignore("start_period", "start_interval");
  const numbers = given({
    intervalMs: toMs(check.take("interval")) ?? 30_000,
    timeoutMs: toMs(check.take("timeout")) ?? 30_000,
    failureThreshold: check.number("retries"),
  });
  check.close();
  if (test === undefined || isOff) return undefined;
  const [kind, ...words] = Array.isArray(test) ? test.map(String) : ["CMD-SHELL", String(test)];
  if (kind === "CMD-SHELL") return { exec: ["sh", "-c", ...words], ...numbers };
  return { exec: kind === "CMD" ? words : [kind, ...words], ...numbers };
}

function leaveContainers(service: Fields): void {
  service.ignore(
    "container_name",
    "hostname",
    "labels",
    "logging",
    "platform",
    "pull_policy",
    "tty",
    "init",
    "annotations",
  );
  service.leaveIf("ports", "the program listens on the machine itself: give it its port");
  service.leaveIf("volumes", `${ofContainers}: the program sees the folders of the machine`);
  service.leaveIf("networks", `${ofContainers}: other services are on 127.0.0.1, not under their names`);
  service.leaveIf("build", "build it before: the command runs what is there");
  service.leaveIf("extends", unread);
  for (const key of containerKeys) service.leaveIf(key, ofContainers);
  service.close();
}

const containerKeys = [
  "expose",
  "links",
  "extra_hosts",
  "network_mode",
  "privileged",
  "cap_add",
  "cap_drop",
  "configs",
  "secrets",
  "cpus",
  "devices",
  "dns",
  "ipc",
  "mem_reservation",
  "pid",
  "read_only",
  "runtime",
  "security_opt",
  "shm_size",
  "sysctls",
  "tmpfs",
  "ulimits",
];
