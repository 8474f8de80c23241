// sessions.ts: finds the session behind the value that the cluster service gives its dependants.

import { SupervisorError } from "../contract/errors.ts";
import type { Cluster } from "./cluster.ts";
import type { Session } from "./session.ts";

const sessions = new WeakMap<object, Session>();

export function setSession(cluster: Cluster, session: Session): void {
  sessions.set(cluster, session);
}

export function sessionOf(cluster: unknown): Session {
  const session = sessions.get(cluster as object);
  if (session !== undefined) return session;
  throw new SupervisorError("ERR_INVALID_SPEC", "cluster must be the service that defineCluster returned");
}
