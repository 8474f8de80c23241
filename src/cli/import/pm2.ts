// pm2.ts: an ecosystem file of PM2 as a config of ours.

import { basename, extname } from "node:path";
import { asLiterals, Fields, given, type Imported, type Left, toMs, toName, toSize, toWords } from "./fields.ts";

const interpreters: Record<string, string> = {
  ".js": "node",
  ".cjs": "node",
  ".mjs": "node",
  ".ts": "node",
  ".py": "python3",
  ".sh": "bash",
  ".rb": "ruby",
  ".pl": "perl",
  ".php": "php",
};

/** How often PM2 starts an app again that keeps ending at once, and what "at once" means there. */
const defaults = { maxRestarts: 16, minUptimeMs: 1_000, killTimeoutMs: 1_600 };

export function fromPm2(given: unknown, name: string): Imported {
  const value = asLiterals(given);
  const left: Left[] = [];
  const file = new Fields(Array.isArray(value) ? { apps: value } : value, "", left);
  const apps = file.has("apps") ? file.take("apps") : [value];
  file.leaveIf("deploy", "is not for a supervisor: use what deploys elsewhere");
  if (file.has("apps") || Array.isArray(value)) file.close();
  const names = new Set<string>();
  const services = (Array.isArray(apps) ? apps : [apps]).map((app, at) =>
    toService(new Fields(app, `apps[${at}]`, left), names),
  );
  const restarts = services.some(({ restart }) => typeof restart === "object");
  return {
    config: {
      name,
      // What keeps ending with 0 is no failure, and has no retries to use up.
      ...(restarts && { intensity: { maxRestarts: defaults.maxRestarts, withinMs: 30_000 } }),
      services,
    },
    left,
  };
}

function toService(app: Fields, names: Set<string>): Record<string, unknown> {
  const script = app.text("script") ?? "";
  const name = toName(app.text("name") ?? basename(script, extname(script)), names);
  const env = app.take("env") as Record<string, unknown> | undefined;
  const port = app.text("increment_var") === "PORT" ? Number(env?.PORT) : Number.NaN;
  // The PORT of `env` would win over that of each instance.
  if (Number.isInteger(port)) delete env!.PORT;
  const service = given({
    name,
    ...toCommand(app, script),
    cwd: app.text("cwd"),
    env,
    envFile: app.take("env_file"),
    ...toInstances(app),
    port: Number.isInteger(port) ? port : undefined,
    // An app that has used up its restarts is left alone there.
    critical: false,
    restart: toRestart(app),
    readyOn: app.take("wait_ready") === true ? "signal" : undefined,
    startTimeoutMs: app.number("listen_timeout"),
    stopSignal: "SIGINT",
    stopTimeoutMs: app.number("kill_timeout") ?? defaults.killTimeoutMs,
    stopMode: app.take("treekill") === false ? "leader" : undefined,
    maxMemory: toSize(app.take("max_memory_restart")),
    successExitCodes: toSuccess(app),
    ...toWatch(app),
    log: toLog(app),
    uid: app.take("uid", "user"),
    gid: app.take("gid"),
  });
  leaveRest(app);
  return service;
}

function toCommand(app: Fields, script: string): Record<string, unknown> {
  const interpreter = app.text("interpreter", "exec_interpreter") ?? interpreters[extname(script)];
  const words = (...keys: string[]) => {
    const value = app.take(...keys);
    return Array.isArray(value) ? value.map(String) : toWords(value === undefined ? "" : String(value));
  };
  const before = words("interpreter_args", "interpreterArgs", "node_args", "nodeArgs");
  const args = words("args");
  // A script with blanks in it is a line for the shell there, too.
  if (/\s/.test(script)) return { command: [script, ...args].join(" "), shell: true };
  if (interpreter === "node" && extname(script) === ".ts" && before.length === 0) {
    app.left.push({
      place: app.placeOf("script"),
      text: "is TypeScript: Node runs it from version 22.18 on, or `npx tsx`",
    });
  }
  const direct = interpreter === undefined || interpreter === "none";
  return { command: [...(direct ? [] : [interpreter, ...before]), script, ...args] };
}

function toInstances(app: Fields): Record<string, unknown> {
  const given = app.take("instances");
  const count = Number(given);
  const mode = app.text("exec_mode");
  if (given !== undefined && count !== 1 && (mode === "cluster" || mode === "cluster_mode")) {
    const how = "give `port` and a proxy, or listen with `reusePort` and `sharePort: true`";
    app.left.push({
      place: app.placeOf("exec_mode"),
      text: `cluster: the instances do not share a socket here; ${how}`,
    });
  }
  if (given === undefined || count === 1) return {};
  if (Number.isInteger(count) && count > 1) return { instances: count };
  app.left.push({ place: app.placeOf("instances"), text: `${given}: say how many (one for each core there)` });
  return { instances: 2 };
}

function toRestart(app: Fields): unknown {
  const maxRestarts = app.number("max_restarts") ?? defaults.maxRestarts;
  const minUptime = app.take("min_uptime");
  const delayMs = app.number("restart_delay");
  const backoffMs = app.number("exp_backoff_restart_delay");
  if (app.take("autorestart") === false) return "never";
  return {
    policy: "always",
    maxRetries: maxRestarts,
    resetAfterMs: typeof minUptime === "number" ? minUptime : (toMs(minUptime) ?? defaults.minUptimeMs),
    ...(backoffMs === undefined
      ? { initialBackoffMs: delayMs ?? 100, multiplier: 1, jitter: false }
      : { initialBackoffMs: backoffMs, maxBackoffMs: 15_000, multiplier: 1.5 }),
  };
}

function toSuccess(app: Fields): number[] | undefined {
  const codes = app.take("stop_exit_codes");
  if (codes === undefined) return undefined;
  const text = "these end the app for good there; here they count as completed, which `restart: always` starts again";
  app.left.push({ place: app.placeOf("stop_exit_codes"), text });
  return [...new Set([0, ...[codes].flat().map(Number)])];
}

function toWatch(app: Fields): Record<string, unknown> {
  const watch = app.take("watch");
  const ignore = app.take("ignore_watch");
  app.ignore("watch_delay", "watch_options");
  if (watch === undefined || watch === false) return {};
  return given({
    watch: watch === true ? ["."] : [watch].flat(),
    ignore: ignore === undefined ? undefined : [ignore].flat(),
  });
}

function toLog(app: Fields): unknown {
  const out = app.text("log_file", "log", "out_file", "output", "out");
  const error = app.text("error_file", "error", "err_file");
  if (out !== undefined && error !== undefined && out !== error) {
    const text = "is written to the same file as the rest, with ! before each line";
    app.left.push({ place: app.placeOf("error_file"), text });
  }
  const file = out ?? error;
  return file === undefined || file === "/dev/null" || file === "NULL" ? undefined : { file };
}

function leaveRest(app: Fields): void {
  app.leaveIf("cron_restart", "is not offered: use a timer of systemd or cron, with `statevisor restart`");
  for (const key of app.keys().filter((key) => key.startsWith("env_"))) {
    app.leaveIf(key, "is not carried over: write it into an env file, and name that by `envFile`");
  }
  app.leaveIf("shutdown_with_message", "is not offered: the program is sent stopSignal");
  // Of the log, of the display, or the default here.
  app.ignore(
    "time",
    "merge_logs",
    "combine_logs",
    "log_date_format",
    "log_type",
    "pid_file",
    "vizion",
    "namespace",
    "source_map_support",
    "disable_source_map_support",
    "pmx",
    "automation",
    "force",
    "windowsHide",
    "instance_var",
    "filter_env",
    "max_memory",
  );
  app.close();
}
