// define-cluster.ts: a cluster as a service of a tree: each incarnation is one session of this node.

import { type Inside, insideKey } from "../contract/director.ts";
import type { RunServiceSpec, ServiceContext, ServiceSpec } from "../contract/spec.ts";
import { type Cluster, createHandle } from "./cluster.ts";
import { type ClusterSpec, planCluster } from "./cluster-plan.ts";
import { Session } from "./session.ts";
import { setSession } from "./sessions.ts";

/**
 * Makes this program a node of a cluster: a service that is up while the node is a member. Singletons and shards depend on it.
 *
 * Named `cluster`, restarted always, without a limit, after 500 ms to 10 s; not critical, so a tree starts while the engine
 * cannot be reached, and what is clustered waits. A lost lease ends the incarnation, with ERR_LEASE_LOST; the next one joins
 * as a new session.
 *
 * @throws SupervisorError ERR_INVALID_SPEC, when numbers do not fit together, too.
 */
export function defineCluster(spec: ClusterSpec): ServiceSpec<Cluster> {
  const { plan, options } = planCluster(spec);
  const run = (ctx: ServiceContext<Cluster>) =>
    new Promise<void>((resolve, reject) => {
      const inside = (ctx as unknown as { readonly [insideKey]: Inside })[insideKey];
      const session = new Session(
        plan,
        inside,
        () => ctx.ready(createSessionView(session)),
        (error) => (error === null ? resolve() : reject(error)),
      );
      if (ctx.signal.aborted) session.stop();
      else ctx.signal.addEventListener("abort", () => session.stop(), { once: true });
    });
  const service = {
    name: "cluster",
    restart: { policy: "always", maxRetries: Infinity, initialBackoffMs: 500, maxBackoffMs: 10_000 },
    critical: false,
    startTimeoutMs: Infinity,
    ...options,
    readyOn: "signal",
    run,
  };
  return service as RunServiceSpec<Cluster>;
}

function createSessionView(session: Session): Cluster {
  const { plan, node, inside } = session;
  const view = createHandle({
    id: plan.id,
    node,
    directory: () => session.observer!.directory,
    clock: inside.clock,
    feed: session.feed,
    meters: () => session.readMeters(),
    connection: () => session.connection!,
    subscribe: (listener) => session.subscribe(listener),
  });
  setSession(view, session);
  return view;
}
