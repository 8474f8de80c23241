// to-spec.ts: from a config file of data to the specs that it stands for.

import { dirname, resolve } from "node:path";
import { SupervisorError } from "../../contract/errors.ts";
import type { ChildSpec, ProbeSpec, ServiceSpec, SupervisorSpec } from "../../contract/spec.ts";
import { cron, defineProcess, type ProcessSpec } from "../../node/index.ts";
import type { EnvReader } from "./env-files.ts";
import { ownVariables, replaceIn, type Variables } from "./interpolate.ts";
import { toProblem } from "./locate.ts";
import { ConfigError, type Place, type Problem } from "./problems.ts";
import type { ChildConfig, Config, ProbeConfig, ProcessConfig, RoleConfig, SupervisorConfig } from "./schema.ts";
import type { Source } from "./source.ts";
import { type Environment, toCheck, toEnvironment, toSupervision, toWords } from "./to-values.ts";

/** What a config is made into specs with. */
export interface Setting {
  /** The checked file, with its variables in place, and the source as it was written. */
  readonly source: Source;
  readonly raw: Source;
  /** The variables of the shell, and those of the env files of the top. */
  readonly shell: Variables;
  readonly fromFiles: Variables;
  readonly envReader: EnvReader;
  /** Makes the specs of a cluster; null where the config has none. */
  readonly clusters: typeof import("./cluster-spec.ts") | null;
  /** Whether a service that need not run is to run. */
  isWanted(service: Pick<ProcessConfig, "profiles" | "enabled">): boolean;
}

/** @throws ConfigError with every problem that `defineProcess` and the probes find */
export function toSpec(file: string, config: Config, setting: Setting): SupervisorSpec {
  const maker = new Maker(dirname(file), setting, config.env);
  const own = ["$schema", "env", "envFile", "log", "cluster", "singletons", "shards"] as const;
  const spec = maker.supervisor(without(config, own), []);
  const clustered = maker.clustered(config);
  if (maker.problems.length > 0) throw new ConfigError(file, maker.problems);
  return { ...spec, services: [...clustered, ...spec.services] };
}

/** The fields of a service with instances that are those of the supervisor of them all. */
const ofWhole = ["dependsOn", "critical", "significant", "startDelayMs", "meta"] as const;
/** The fields that only a config file has. */
const ofCommand = ["instances", "port", "sharePort", "profiles", "enabled", "log", "watch", "ignore"] as const;

/** Makes specs, and collects what is refused on the way: a service that is refused is left out. */
class Maker {
  readonly problems: Problem[] = [];
  readonly #folder: string;
  readonly #setting: Setting;
  /** What every process has: the env files of the top, but for what the shell sets, and the `env` of the top. */
  readonly #environment: Environment;

  constructor(folder: string, setting: Setting, env: ProcessConfig["env"]) {
    this.#folder = folder;
    this.#setting = setting;
    this.#environment = { ...this.#withoutShell(setting.fromFiles), ...(env && toEnvironment(env)) };
  }

  get #source(): Source {
    return this.#setting.source;
  }

  #withoutShell(variables: Variables): Environment {
    return Object.fromEntries(Object.entries(variables).filter(([name]) => this.#setting.shell[name] === undefined));
  }

  supervisor({ services, ...rest }: SupervisorConfig, place: Place): SupervisorSpec {
    const left = new Map(services.filter((child) => !this.#isWanted(child)).map((child) => [child.name, child]));
    return {
      ...toSupervision(rest),
      services: services.flatMap((child, i) => {
        const at = [...place, "services", i];
        const spec = this.#child(left.size === 0 ? child : this.#without(left, child, at), at);
        return spec === undefined || left.has(child.name) ? [] : [spec];
      }),
    };
  }

  /** The cluster and its roles: siblings of the services at the top. */
  clustered({ cluster, singletons = [], shards = [] }: Config): ChildSpec[] {
    const { clusters } = this.#setting;
    if (cluster === undefined || clusters === null) {
      for (const key of ["singletons", "shards"] as const)
        if (this.#source.value !== null && key in (this.#source.value as object)) this.#refuseRoles([key]);
      return [];
    }
    const service = this.#attempt(["cluster"], () => clusters.toCluster(cluster, this.#folder));
    if (service === undefined) return [];
    const toRole = (config: RoleConfig, place: Place): ChildSpec[] => {
      const process = this.#process(without(config, clusters.ofRole) as ProcessConfig, place, 0);
      const role = process && this.#attempt(place, () => clusters.toRole(service, config, process));
      return role === undefined ? [] : [role];
    };
    return [
      service,
      ...singletons.flatMap((config, i) => toRole(config, ["singletons", i])),
      ...shards.flatMap((config, i) => toRole(config, ["shards", i])),
    ];
  }

  #refuseRoles(place: Place): void {
    const message = "needs `cluster: { id, store }` at the top: it says which cluster this node belongs to";
    this.problems.push({ place, message, ...this.#source.locate(place) });
  }

  #isWanted(child: ChildConfig): boolean {
    return "services" in child || this.#setting.isWanted(child);
  }

  /** A child without its dependencies on services that are left out. */
  #without(left: ReadonlyMap<string, ChildConfig>, child: ChildConfig, place: Place): ChildConfig {
    if (child.dependsOn === undefined || left.has(child.name)) return child;
    const dependsOn = child.dependsOn.filter((dependency, i) => {
      const { service, required = true } = typeof dependency === "string" ? { service: dependency } : dependency;
      const missing = left.get(service);
      if (missing === undefined) return true;
      if (required) this.#refuseLeftOut(child.name, missing as ProcessConfig, [...place, "dependsOn", i]);
      return false;
    });
    return { ...child, dependsOn };
  }

  #refuseLeftOut(name: string, { name: missing, profiles, enabled }: ProcessConfig, place: Place): void {
    const how =
      enabled === false || profiles === undefined
        ? `name it (\`up ${name} ${missing}\`)`
        : `give --profile ${profiles[0]}`;
    const message = `depends on "${missing}", which does not run now: ${how}, or say \`required: false\``;
    this.problems.push({ place, message, ...this.#source.locate(place) });
  }

  #child(config: ChildConfig, place: Place): ChildSpec | undefined {
    if ("services" in config) return this.supervisor(config, place);
    return config.instances === undefined ? this.#process(config, place, 0) : this.#pool(config, place);
  }

  /** The instances of a service under a supervisor of its name. What others see of the service is the supervisor's. */
  #pool(config: ProcessConfig, place: Place): SupervisorSpec {
    const { name } = config;
    const raw = valueAt(this.#setting.raw.value, place);
    const instances = Array.from({ length: config.instances! }, (_, instance) => {
      const variables = { ...this.#setting.fromFiles, ...this.#setting.shell };
      // What is missing was reported for the whole file.
      const own = replaceIn(raw, variables, place, () => {}, instance) as ProcessConfig;
      const rest = without(own, ofWhole);
      return this.#process({ ...rest, name: `${name}.${instance + 1}` }, place, instance) ?? [];
    });
    const whole = ofWhole.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]]));
    return { name, ...Object.fromEntries(whole), services: instances.flat() };
  }

  #process(config: ProcessConfig, place: Place, instance: number): ServiceSpec | undefined {
    const { command, cwd, env, envFile, readyOn, schedule, timezone, health, readiness, liveness, ...rest } = config;
    const probes = { health, readiness, liveness };
    const made = Object.entries(probes).flatMap(([kind, probe]) => {
      const spec = probe && this.#probe(probe, [...place, kind]);
      return spec === undefined ? [] : [[kind, spec]];
    });
    const environment: Environment = {
      ...this.#environment,
      ...this.#withoutShell(this.#setting.envReader.read(envFile, [...place, "envFile"])),
      ...ownVariables(config, instance),
      ...(env && toEnvironment(env)),
    };
    const nextRun =
      schedule === undefined ? undefined : this.#attempt([...place, "schedule"], () => cron(schedule, { timezone }));
    return this.#attempt(place, () =>
      defineProcess({
        ...(toSupervision(without(rest, ofCommand)) as Pick<ProcessSpec, "name">),
        command: typeof command === "string" ? command : toWords(command),
        ...Object.fromEntries(made),
        ...(nextRun && { nextRun }),
        cwd: resolve(this.#folder, cwd ?? "."),
        ...(Object.keys(environment).length > 0 && { env: environment }),
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

function without<T extends object, Key extends keyof T>(value: T, keys: readonly Key[]): Omit<T, Key> {
  const left = Object.entries(value).filter(([key]) => !keys.includes(key as Key));
  return Object.fromEntries(left) as Omit<T, Key>;
}

function valueAt(value: unknown, place: Place): unknown {
  return place.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value);
}
