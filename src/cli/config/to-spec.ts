// From a config file of data to the specs it stands for.

import { dirname, resolve } from "node:path";
import type { ChildSpec, HealthCheck, ProbeSpec, ServiceSpec, SupervisorSpec } from "../../contract/spec.ts";
import { defineProcess, execProbe, httpProbe, type ProcessSpec, tcpProbe } from "../../node/index.ts";
import type { ChildConfig, Config, ProbeConfig, ProcessConfig, SupervisorConfig } from "./schema.ts";

/** The schema has seen to it that nothing here can fail but for what `createSupervisor` finds. */
export function toSpec(file: string, { $schema: _, ...config }: Config): SupervisorSpec {
  return toSupervisor(dirname(file), config);
}

function toSupervisor(folder: string, { services, ...rest }: SupervisorConfig): SupervisorSpec {
  return {
    ...(toPlain(rest) as Omit<SupervisorSpec, "services">),
    services: services.map((child) => toChild(folder, child)),
  };
}

function toChild(folder: string, config: ChildConfig): ChildSpec {
  return "services" in config ? toSupervisor(folder, config) : toProcess(folder, config);
}

function toProcess(folder: string, config: ProcessConfig): ServiceSpec {
  const { cwd, env, readyOn, health, readiness, liveness, ...rest } = config;
  return defineProcess({
    ...(toPlain(rest) as Pick<ProcessSpec, "name" | "command">),
    cwd: resolve(folder, cwd ?? "."),
    ...(env && { env: toEnvironment(env) }),
    ...(readyOn !== undefined && { readyOn: typeof readyOn === "object" ? new RegExp(readyOn.line) : readyOn }),
    ...(health && { health: toProbe(folder, health) }),
    ...(readiness && { readiness: toProbe(folder, readiness) }),
    ...(liveness && { liveness: toProbe(folder, liveness) }),
  });
}

function toProbe(folder: string, probe: ProbeConfig): ProbeSpec {
  const { http: _http, tcp: _tcp, exec: _exec, ...options } = probe as Record<string, unknown>;
  return { check: toCheck(folder, probe), ...(toPlain(options) as Omit<ProbeSpec, "check">) };
}

function toCheck(folder: string, probe: ProbeConfig): HealthCheck {
  if ("http" in probe) return httpProbe(probe.http);
  if ("exec" in probe) return execProbe(probe.exec as [string, ...string[]], { cwd: folder });
  if (typeof probe.tcp === "number") return tcpProbe(probe.tcp);
  const colon = probe.tcp.lastIndexOf(":");
  return tcpProbe(Number(probe.tcp.slice(colon + 1)), probe.tcp.slice(0, Math.max(0, colon)) || undefined);
}

function toEnvironment(env: NonNullable<ProcessConfig["env"]>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value === null ? undefined : `${value}`]));
}

/** What JSON has a word for, and without what was left out. */
function toPlain(value: object): unknown {
  return JSON.parse(JSON.stringify(value), (_, member) => (member === "Infinity" ? Number.POSITIVE_INFINITY : member));
}
