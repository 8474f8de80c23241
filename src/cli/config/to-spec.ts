// to-spec.ts: from a config file of data to the specs that it stands for.

import { dirname, resolve } from "node:path";
import { SupervisorError } from "../../contract/errors.ts";
import type { ChildSpec, HealthCheck, ProbeSpec, ServiceSpec, SupervisorSpec } from "../../contract/spec.ts";
import { defineProcess, execProbe, httpProbe, type ProcessSpec, tcpProbe } from "../../node/index.ts";
import { toProblem } from "./locate.ts";
import { ConfigError, type Place, type Problem } from "./problems.ts";
import type { ChildConfig, Config, ProbeConfig, ProcessConfig, SupervisorConfig } from "./schema.ts";
import type { Source } from "./source.ts";

/** @throws ConfigError with every problem that `defineProcess` and the probes find */
export function toSpec(file: string, { $schema: _, ...config }: Config, source: Source): SupervisorSpec {
  const maker = new Maker(dirname(file), source);
  const spec = maker.supervisor(config, []);
  if (maker.problems.length > 0) throw new ConfigError(file, maker.problems);
  return spec;
}

/** Makes specs, and collects what is refused on the way: a service that is refused is left out. */
class Maker {
  readonly problems: Problem[] = [];
  readonly #folder: string;
  readonly #source: Source;

  constructor(folder: string, source: Source) {
    this.#folder = folder;
    this.#source = source;
  }

  supervisor({ services, ...rest }: SupervisorConfig, place: Place): SupervisorSpec {
    return {
      ...toSupervision(rest),
      services: services.flatMap((child, i) => this.#child(child, [...place, "services", i]) ?? []),
    };
  }

  #child(config: ChildConfig, place: Place): ChildSpec | undefined {
    return "services" in config ? this.supervisor(config, place) : this.#process(config, place);
  }

  #process(config: ProcessConfig, place: Place): ServiceSpec | undefined {
    const { command, cwd, env, readyOn, health, readiness, liveness, ...rest } = config;
    const probes = { health, readiness, liveness };
    const made = Object.entries(probes).flatMap(([kind, probe]) => {
      const spec = probe && this.#probe(probe, [...place, kind]);
      return spec === undefined ? [] : [[kind, spec]];
    });
    return this.#attempt(place, () =>
      defineProcess({
        ...(toSupervision(rest) as Pick<ProcessSpec, "name">),
        command: typeof command === "string" ? command : toWords(command),
        ...Object.fromEntries(made),
        cwd: resolve(this.#folder, cwd ?? "."),
        ...(env && { env: toEnvironment(env) }),
        ...(readyOn !== undefined && { readyOn: typeof readyOn === "object" ? new RegExp(readyOn.line) : readyOn }),
      }),
    );
  }

  #probe(probe: ProbeConfig, place: Place): ProbeSpec | undefined {
    const {
      http: _http,
      tcp: _tcp,
      exec: _exec,
      cwd: _cwd,
      env: _env,
      ...options
    } = probe as Partial<Record<string, unknown>>;
    const kind = "http" in probe ? "http" : "tcp" in probe ? "tcp" : "exec";
    const check = this.#attempt([...place, kind], () => toCheck(this.#folder, probe));
    return check && { check, ...(options as Omit<ProbeSpec, "check">) };
  }

  #attempt<T>(place: Place, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof SupervisorError)) throw error;
      this.problems.push(toProblem(error, place, this.#source));
      return undefined;
    }
  }
}

type Supervision = Pick<ProcessConfig, "restart" | "startTimeoutMs" | "stopTimeoutMs">;

/** The numbers that may be infinite, and are a word in JSON. */
function toSupervision(config: Supervision & { intensity?: SupervisorConfig["intensity"]; name: string }) {
  const { restart, intensity, startTimeoutMs, stopTimeoutMs, ...rest } = config;
  return {
    ...rest,
    ...(restart !== undefined && { restart: typeof restart === "string" ? restart : toNumbers(restart) }),
    ...(intensity !== undefined && { intensity: toNumbers(intensity) }),
    ...toNumbers({ startTimeoutMs, stopTimeoutMs }),
  } as Omit<SupervisorSpec, "services">;
}

/** The members that are there, with infinity as a number. */
function toNumbers(members: object): object {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    given.map(([key, value]) => [key, value === "Infinity" ? Number.POSITIVE_INFINITY : value]),
  );
}

function toCheck(folder: string, probe: ProbeConfig): HealthCheck {
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
function toWords(words: readonly (string | number)[]): readonly [string, ...string[]] {
  return words.map(String) as [string, ...string[]];
}

function toEnvironment(env: NonNullable<ProcessConfig["env"]>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value === null ? undefined : `${value}`]));
}
