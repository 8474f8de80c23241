// check-version.ts: whether this program can read the records of a cluster, by the version that they have.

import { SupervisorError } from "../contract/errors.ts";
import { type ClusterRecord, decode, encode, keys, wireVersion } from "./records.ts";
import type { StoreConnection } from "./store.ts";

/**
 * An error if the records have a version that this program cannot read. Makes the record of a cluster that is new; not
 * with `wall` null, for who only looks.
 */
export async function checkVersion(
  connection: StoreConnection,
  id: string,
  wall: number | null,
): Promise<SupervisorError | null> {
  const found = await connection.read(keys.cluster);
  if (found === null) {
    if (wall === null) return null;
    const record: ClusterRecord = { v: wireVersion, id, createdAt: Math.floor(wall) };
    await connection.create(keys.cluster, encode(record));
    return null;
  }
  const { v } = (decode(found.value) ?? {}) as Partial<ClusterRecord>;
  if (v === wireVersion) return null;
  const message = `the records of cluster "${id}" have version ${String(v)}; this program reads ${wireVersion}: update it, or take another id`;
  return new SupervisorError("ERR_CLUSTER_VERSION", message);
}
