// shard-of.ts: which shard a key belongs to: the same in every program, for ever.

import { invalid } from "../contract/check.ts";

/**
 * The shard of a key, from 0 to `shards - 1`: FNV-1a of its UTF-8 bytes, then a jump hash. When the number of shards grows by
 * one, only as many keys move as the new shard needs.
 *
 * @throws SupervisorError ERR_INVALID_SPEC unless `shards` is a positive integer.
 */
export function shardOf(key: string, shards: number): number {
  if (!Number.isInteger(shards) || shards < 1) throw invalid("shardOf", "shards", "a positive integer", shards);
  let state = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(key)) state = BigInt.asUintN(64, (state ^ BigInt(byte)) * 0x100000001b3n);
  let shard = -1;
  let next = 0;
  while (next < shards) {
    shard = next;
    state = BigInt.asUintN(64, state * 2862933555777941757n + 1n);
    next = Math.floor((shard + 1) * (2 ** 31 / (Number(state >> 33n) + 1)));
  }
  return shard;
}
