// statevisor/cluster/postgres: a cluster on PostgreSQL, and transactions that check a fencing token.

export { type FencedOptions, fenced } from "./fenced.ts";
export { type PostgresStoreOptions, postgresStore } from "./postgres-store.ts";
