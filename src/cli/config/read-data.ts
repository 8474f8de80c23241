// read-data.ts: from the text of a config file of data to the specs that it stands for, with the variables of the shell and of
// env files in their places.

import { dirname } from "node:path";
import { SupervisorError } from "../../contract/errors.ts";
import type { SupervisorSpec } from "../../contract/spec.ts";
import { describeTree } from "../../index.ts";
import { createEnvReader, envFilesIn } from "./env-files.ts";
import { interpolate, replaceIn, type Variables } from "./interpolate.ts";
import { placeOf, toProblem } from "./locate.ts";
import { type LogTargetOf, logTargetsOf } from "./log-targets.ts";
import { ConfigError } from "./problems.ts";
import type { ClusterConfig } from "./schema.ts";
import { parseSource } from "./source.ts";
import { type Setting, toSpec } from "./to-spec.ts";
import { validateConfig } from "./validate.ts";
import { type WatchTarget, watchTargetsOf } from "./watch-targets.ts";

export interface DataOptions {
  /** Whether a service that need not run is to run. Default: one of no profile that is enabled. */
  readonly isWanted?: Setting["isWanted"];
  /** Makes the specs of a cluster: for a config that `hasCluster`. */
  readonly clusters?: Setting["clusters"];
  /** As with other tools, a variable that the shell sets wins over the env files. */
  readonly shell?: Variables;
}

interface Data {
  readonly spec: SupervisorSpec;
  /** The env files that were looked for. */
  readonly envFiles: ReadonlySet<string>;
  readonly logTargetOf: LogTargetOf;
  readonly watchTargets: readonly WatchTarget[];
  /** The cluster that its node belongs to. */
  readonly cluster: Pick<ClusterConfig, "id" | "store"> | null;
}

/** Whether the text of a config may name a cluster: what makes one is loaded only then. */
export function hasCluster(text: string): boolean {
  return /\bcluster["']?\s*:/.test(text);
}

/** @throws ConfigError with every problem of the file that can be found before another is mended */
export function readData(file: string, text: string, options: DataOptions = {}): Data {
  const {
    shell = process.env,
    clusters = null,
    isWanted = ({ profiles, enabled }) => profiles === undefined && enabled !== false,
  } = options;
  const raw = parseSource(file, text);
  const envReader = createEnvReader(file, dirname(file), raw, shell);
  // A path that is wrong is reported with the rest of the file.
  const envFiles = envFilesIn(replaceIn({ envFile: envFilesIn(raw.value) }, shell, [], () => {}));
  const fromFiles = envReader.read(envFiles, ["envFile"]);
  const source = interpolate(file, raw, { ...fromFiles, ...shell });
  const setting = { source, raw, shell, fromFiles, envReader, isWanted, clusters };
  const config = validateConfig(file, source);
  const spec = toSpec(file, config, setting);
  try {
    describeTree(spec);
  } catch (error) {
    if (!(error instanceof SupervisorError)) throw error;
    const problem = toProblem(error, placeOf(error.path ?? "", source), source);
    throw new ConfigError(file, [problem], { cause: error });
  }
  const folder = dirname(file);
  return {
    spec,
    envFiles: envReader.paths,
    logTargetOf: logTargetsOf(config, folder),
    watchTargets: watchTargetsOf(config, folder),
    cluster: config.cluster ?? null,
  };
}
