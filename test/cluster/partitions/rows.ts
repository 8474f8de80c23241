// The partitions: which pairs of namespaces are cut, one way or both, and what may come of it.

import type { Arena } from "../faults/arena.ts";
import { leaderOf } from "../faults/engines.ts";
import { grant, nothingChanges, now, type Row, seconds, silence, takeOver } from "../faults/row.ts";
import type { Network } from "./network.ts";

/** The holder loses the engine: it stops before another begins. `cut` may call the engine by the names of its servers. */
function holderLoses(name: string, cut: (holder: string) => void): Row {
  return {
    name,
    async play(arena) {
      const before = grant(arena);
      const from = now();
      cut(before.node);
      const said = await takeOver(arena, before, { from, ...silence(arena) });
      if (before.endedAt === null) throw new Error("it runs on beside the other");
      const stopped = before.endedAt - from;
      if (stopped > arena.times.renewDeadlineMs + 1_000) throw new Error(`it stopped after ${seconds(stopped)}`);
      return `stopped after ${seconds(stopped)}, ${said}`;
    },
  };
}

/** Nodes do not speak with each other: it is nothing to them. */
const nodesApart = (network: Network): Row => ({
  name: "the holder cut from the other nodes only",
  play: (arena) =>
    nothingChanges(arena, 4_000, () => {
      for (const name of arena.nodes.names) if (name !== arena.holder) network.cut(arena.holder, name);
    }),
});

export const postgresRows = (network: Network): readonly Row[] => [
  holderLoses("the holder cut from PostgreSQL", (holder) => network.cut(holder, "e0")),
  holderLoses("what the holder sends to PostgreSQL lost", (holder) => network.lose(holder, "e0")),
  holderLoses("what PostgreSQL sends to the holder lost", (holder) => network.lose("e0", holder)),
  nodesApart(network),
  {
    name: "PostgreSQL cut from all nodes",
    async play(arena) {
      const { nodes, times } = arena;
      const from = now();
      for (const name of nodes.names) network.cut(name, "e0");
      await arena.until("all have stopped", () => nodes.names.every((name) => nodes.holds(name) === 0));
      const stopped = now() - from;
      if (stopped > times.renewDeadlineMs + 1_500) throw new Error(`all had stopped after ${seconds(stopped)} only`);
      await arena.pause(1_000);
      network.heal();
      const back = await arena.until("every role is held again", () => nodes.isEverythingHeld, 30_000);
      return `all had stopped after ${seconds(stopped)}; back ${seconds(back)} after it`;
    },
  },
  {
    name: "the holder cut from PostgreSQL and back, five times in 4 s",
    async play(arena) {
      const { holder } = arena;
      for (let times = 0; times < 5; times++) {
        network.cut(holder, "e0");
        await arena.pause(400);
        network.heal();
        await arena.pause(400);
      }
      const back = await arena.until("every role is held again", () => arena.nodes.isEverythingHeld, 30_000);
      return `every role held ${seconds(back)} after`;
    },
  },
];

const servers = ["s0", "s1", "s2"];

/** The server that leads the records, and the others. */
async function findLeader(arena: Arena): Promise<{ leader: string; followers: string[] }> {
  const leader = servers[await leaderOf(arena.engine, "faults")]!;
  return { leader, followers: servers.filter((name) => name !== leader) };
}

export const natsRows = (network: Network): readonly Row[] => [
  nodesApart(network),
  {
    name: "three NATS servers split, the leader alone; nodes see all of them",
    async play(arena) {
      const { renewDeadlineMs, renewIntervalMs } = arena.times;
      let longest = 0;
      const watch = setInterval(() => {
        for (const { seenMsAgo } of arena.cluster.members()) longest = Math.max(longest, seenMsAgo);
      }, 50);
      try {
        const { leader, followers } = await findLeader(arena);
        const said = await nothingChanges(arena, 15_000, () => {
          for (const name of followers) network.cut(leader, name);
        });
        return `${said}; no renewal was seen for ${seconds(longest)} at most`;
      } catch (error) {
        if (longest < renewDeadlineMs - renewIntervalMs) throw error;
        return `no renewal was seen for ${seconds(longest)}, too long even for the defaults; ${(error as Error).message}`;
      } finally {
        clearInterval(watch);
      }
    },
  },
];

/** Servers of NATS 2.9 have taken 16 s to elect on a busy machine; nodes that lost their leases meanwhile then wait for one. */
const longElectionMs = 30_000;

export const minorityRows = (network: Network): readonly Row[] => [
  {
    name: "the leader alone with the holder, on the other side of the split",
    async play(arena) {
      const { leader, followers } = await findLeader(arena);
      const before = grant(arena);
      const from = now();
      for (const name of followers) {
        network.cut(leader, name);
        network.cut(before.node, name);
      }
      const others = arena.nodes.names.filter((name) => name !== before.node);
      for (const name of others) network.cut(name, leader);
      const { atLeastMs, atMostMs } = silence(arena);
      const said = await takeOver(arena, before, { from, atLeastMs, atMostMs: atMostMs + longElectionMs });
      if (before.endedAt === null) throw new Error("it runs on beside the other");
      return `stopped after ${seconds(before.endedAt - from)}, ${said}`;
    },
  },
];
