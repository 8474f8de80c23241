// `/cluster`: the cluster of this node as JSON.

import type { Answer } from "./answer.ts";
import type { ClusterWatch } from "./cluster-watch.ts";

export function answerCluster(watch: ClusterWatch): Answer {
  const cluster = watch.current;
  if (cluster === null) return json(503, { isMember: false, because: watch.why });
  const { id, node } = cluster;
  const [health, members, roles, meters] = [cluster.health(), cluster.members(), cluster.roles(), cluster.meters()];
  return json(200, { id, node, isMember: true, health, members, roles, meters });
}

function json(status: Answer["status"], document: object): Answer {
  return { status, type: "application/json", body: `${JSON.stringify(document)}\n` };
}
