// faults.ts: the faults of `cluster try`. Each strikes a node that holds a singleton, or else a shard.

import type { Cluster, RoleStatus } from "../../cluster/index.ts";
import type { Supervisor } from "../../index.ts";
import type { ProcessValue } from "../../node/index.ts";
import { nameOfRole } from "../print/cluster.ts";
import type { Engine } from "./engine.ts";
import type { Nodes } from "./nodes.ts";

export interface Stage {
  readonly cluster: Cluster;
  readonly engine: Engine;
  readonly nodes: Nodes;
  readonly supervisor: Supervisor;
  say(text: string): void;
  /** Waits until a condition holds, and prints how long that took. */
  until(what: string, condition: () => boolean): Promise<void>;
}

type Fault = (stage: Stage) => Promise<void>;

const isFine = ({ state, healthy }: RoleStatus) => healthy || state === "completed" || state === "stopped";

/** Whether every role is up, and none of them at this session. */
export function isHeld({ cluster, nodes }: Stage, without: string | null = null): boolean {
  const roles = cluster.roles();
  if (roles.length === 0 || !roles.every((role) => isFine(role) && role.session !== without)) return false;
  // The records say so a moment later than the processes.
  const running = new Set(
    nodes.history.activations.filter(({ endedAt }) => endedAt === null).map(({ claim }) => claim),
  );
  return roles.every((role) => role.state !== "running" || running.has(nameOfRole(role)));
}

/** Whether the shards of each role are spread evenly over the members that are up. */
export function isEven({ cluster }: Stage): boolean {
  const members = cluster.members().filter(({ state }) => state === "up");
  const counts = new Map<string, Map<string, number>>();
  for (const { name, shard, session } of cluster.roles()) {
    if (shard === null || session === null) continue;
    const byMember = counts.get(name) ?? new Map<string, number>();
    counts.set(name, byMember.set(session, (byMember.get(session) ?? 0) + 1));
  }
  return [...counts.values()].every((byMember) => {
    const each = members.map(({ session }) => byMember.get(session) ?? 0);
    return Math.max(...each) - Math.min(...each) <= 1;
  });
}

interface Struck {
  readonly node: string;
  readonly session: string;
  readonly holds: number;
}

function choose({ cluster }: Stage): Struck {
  const held = cluster.roles().filter(({ session }) => session !== null);
  const { node, session } = (held.find(({ shard }) => shard === null) ?? held[0])!;
  const { holds } = cluster.members().find((member) => member.session === session)!;
  return { node: node!, session: session!, holds };
}

/** Whether the node is a member again, in a session other than that one. */
function isBack({ cluster }: Stage, { node, session }: Struck): boolean {
  return cluster.members().some((one) => one.node === node && one.session !== session && one.state === "up");
}

async function kill(stage: Stage): Promise<void> {
  const struck = choose(stage);
  stage.say(`kill -9 of ${struck.node}, which holds ${struck.holds}; it is started again at once`);
  stage.nodes.kill(struck.node);
  await stage.until("its lease was over, and every role is held", () => isHeld(stage, struck.session));
  await stage.until(`${struck.node} is a member again`, () => isBack(stage, struck));
}

async function freeze(stage: Stage): Promise<void> {
  const struck = choose(stage);
  stage.say(`SIGSTOP of ${struck.node}, which holds ${struck.holds}: it hangs, and does not know it`);
  stage.nodes.freeze(struck.node);
  await stage.until("the others have taken all of it", () => isHeld(stage, struck.session));
  stage.nodes.wake(struck.node);
  await stage.until(
    `${struck.node} woke, found its lease over, and is a member again`,
    () => isBack(stage, struck) && isHeld(stage),
  );
}

async function drain(stage: Stage): Promise<void> {
  const { node, session, holds } = choose(stage);
  stage.say(`drain of ${node}, which holds ${holds}`);
  await stage.cluster.drain(node);
  await stage.until("it holds nothing, and the others have all of it", () => isHeld(stage, session));
  await stage.cluster.undrain(node);
  await stage.until(`${node} takes roles again`, () =>
    stage.cluster.members().some((one) => one.session === session && one.state === "up"),
  );
}

async function deploy(stage: Stage): Promise<void> {
  const struck = choose(stage);
  stage.say(`restart of ${struck.node}, which holds ${struck.holds}, as in a deploy`);
  await stage.supervisor.restartService(struck.node);
  await stage.until("it handed over what it held", () => isHeld(stage, struck.session));
  await stage.until(`${struck.node} is a member again`, () => isBack(stage, struck));
}

async function restartEngine(stage: Stage): Promise<void> {
  const { supervisor, engine, nodes, say, until } = stage;
  const { pid } = supervisor.use("engine") as ProcessValue;
  say("the engine crashes, and is started again");
  const before = nodes.history.activations.length;
  process.kill(pid, engine.crash);
  await until("it is up", () => {
    const { healthy } = supervisor.status("engine");
    return healthy && (supervisor.use("engine") as ProcessValue).pid !== pid;
  });
  await until("every role is held", () => isHeld(stage));
  say(`  ${nodes.history.activations.length - before} roles were stopped for it`);
}

export const faults: readonly (readonly [title: string, fault: Fault])[] = [
  ["kill -9", kill],
  ["SIGSTOP", freeze],
  ["drain", drain],
  ["restart of a node", deploy],
  ["crash of the engine", restartEngine],
];
