// cluster-store.ts: the store of a cluster from its address, as `--store` and configs have it.

import type { ClusterStore } from "../cluster/index.ts";
import { natsStore } from "../cluster/nats/index.ts";
import { postgresStore } from "../cluster/postgres/index.ts";
import { CliError, exitCodes } from "./cli-error.ts";

/** @throws CliError 2 for any other address */
export function toStore(url: string): ClusterStore {
  if (/^(nats|tls):/.test(url)) return natsStore({ servers: url.split(",") });
  if (/^postgres(ql)?:/.test(url)) return postgresStore({ connectionString: url });
  throw new CliError(exitCodes.usage, `--store must begin with nats:// or postgres://; got "${url}"`);
}
