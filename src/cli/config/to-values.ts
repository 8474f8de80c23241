// to-values.ts: what the values of a config file stand for in a spec: numbers that may be infinite, probes, environments.

import { resolve } from "node:path";
import type { HealthCheck, SupervisorSpec } from "../../contract/spec.ts";
import { execProbe, httpProbe, tcpProbe } from "../../node/index.ts";
import type { ProbeConfig, ProcessConfig, SupervisorConfig } from "./schema.ts";

type Supervision = Pick<ProcessConfig, "restart" | "startTimeoutMs" | "stopTimeoutMs">;

/** The numbers that may be infinite, and are a word in JSON. */
export function toSupervision(config: Supervision & { intensity?: SupervisorConfig["intensity"]; name: string }) {
  const { restart, intensity, startTimeoutMs, stopTimeoutMs, ...rest } = config;
  return {
    ...rest,
    ...(restart !== undefined && { restart: typeof restart === "string" ? restart : toNumbers(restart) }),
    ...(intensity !== undefined && { intensity: toNumbers(intensity) }),
    ...toNumbers({ startTimeoutMs, stopTimeoutMs }),
  } as Omit<SupervisorSpec, "services">;
}

/** The members that are there. */
function given(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** The same, with infinity as a number. */
function toNumbers(members: object): object {
  return Object.fromEntries(
    Object.entries(given(members)).map(([key, value]) => [
      key,
      value === "Infinity" ? Number.POSITIVE_INFINITY : value,
    ]),
  );
}

export function toCheck(folder: string, probe: ProbeConfig): HealthCheck {
  if ("http" in probe) return httpProbe(probe.http);
  if ("exec" in probe) {
    const { exec, cwd, env } = probe;
    // What it does not name, it has from its service.
    return execProbe(toWords(exec), {
      ...(cwd !== undefined && { cwd: resolve(folder, cwd) }),
      ...(env && { env: toEnvironment(env) }),
    });
  }
  if (typeof probe.tcp === "number") return tcpProbe(probe.tcp);
  const colon = probe.tcp.lastIndexOf(":");
  // An IPv6 address may stand in brackets.
  const host = probe.tcp.slice(0, Math.max(0, colon)).replace(/^\[(.*)\]$/, "$1");
  return tcpProbe(Number(probe.tcp.slice(colon + 1)), host || undefined);
}

/** The words of a command: YAML reads the 3 of `[sleep, 3]` as a number. */
export function toWords(words: readonly (string | number)[]): readonly [string, ...string[]] {
  return words.map(String) as [string, ...string[]];
}

export type Environment = Record<string, string | undefined>;

export function toEnvironment(env: NonNullable<ProcessConfig["env"]>): Environment {
  return Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value === null ? undefined : `${value}`]));
}
