// The faults of engines: they are killed, hang, are away, and lose their data.

import { type Arena, slackMs } from "../arena.ts";
import { leaderOf } from "../engines.ts";
import { nothingChanges, now, type Row, seconds } from "../row.ts";

/** All roles stop at their deadline, and are back soon after the engine is. */
async function away(arena: Arena, begin: () => unknown, end: () => unknown): Promise<string> {
  const { nodes, times } = arena;
  const holders = new Map(arena.running().map(({ claim, node }) => [claim, node]));
  const from = now();
  await begin();
  let stopped = 0;
  try {
    await arena.until("everything clustered has stopped", () => nodes.names.every((name) => nodes.holds(name) === 0));
    stopped = now() - from;
    if (stopped > times.renewDeadlineMs + slackMs) throw new Error(`all had stopped after ${seconds(stopped)} only`);
    await arena.pause(1_000);
  } finally {
    // Nothing comes back while it is away.
    await end();
  }
  const back = await arena.until("every role is held again", () => nodes.isEverythingHeld);
  const where = arena.running().filter(({ claim, node }) => holders.get(claim) === node).length;
  return `all had stopped after ${seconds(stopped)}; back ${seconds(back)} after the engine, ${where} of ${holders.size} where they were`;
}

/** How long a client waits before it connects again. */
const reconnectMs = 500;

export const engineRows: readonly Row[] = [
  {
    name: "the engine killed and started at once",
    async play(arena) {
      const { renewDeadlineMs, renewIntervalMs, retryPeriodMs } = arena.times;
      let awayMs = 0;
      const restart = async () => {
        const from = now();
        await arena.engine.servers[0]!.kill();
        await arena.engine.servers[0]!.start();
        awayMs = now() - from;
      };
      try {
        const said = await nothingChanges(arena, 3_000, restart);
        return `away for ${seconds(awayMs)}; ${said}`;
      } catch (error) {
        if (awayMs + reconnectMs < renewDeadlineMs - renewIntervalMs - retryPeriodMs) throw error;
        const back = await arena.until("every role is held again", () => arena.nodes.isEverythingHeld);
        return `away for ${seconds(awayMs)}, too long for such a lease: roles stopped, and were back ${seconds(3_000 + back)} later`;
      }
    },
  },
  {
    name: "the engine hangs for 0.5 s",
    play: (arena) =>
      nothingChanges(arena, 2_500, async () => {
        arena.engine.servers[0]!.freeze();
        await arena.pause(500);
        arena.engine.servers[0]!.wake();
      }),
  },
  {
    name: "the engine killed, and away for longer than the deadline",
    play: (arena) =>
      away(
        arena,
        () => arena.engine.servers[0]!.kill(),
        () => arena.engine.servers[0]!.start(),
      ),
  },
  {
    name: "the engine hangs for longer than the deadline",
    play: (arena) =>
      away(
        arena,
        () => arena.engine.servers[0]!.freeze(),
        () => arena.engine.servers[0]!.wake(),
      ),
  },
  {
    name: "the engine loses its data",
    async play(arena) {
      const { nodes, times } = arena;
      const before = Math.max(...arena.running().map(({ token }) => token));
      const from = now();
      await arena.engine.wipe();
      const isAnew = () => nodes.isEverythingHeld && arena.running().every(({ token }) => token > before);
      await arena.until("every role is granted anew", isAnew);
      const took = now() - from;
      if (took > times.leaseDurationMs + 8_000) throw new Error(`granted anew after ${seconds(took)}`);
      return `all granted anew after ${seconds(took)}, with greater tokens`;
    },
  },
];

/** How long a NATS cluster may go without writes: figures of elections are up to 8 s. */
const electionMs = 11_000;

export const natsClusterRows: readonly Row[] = [
  {
    name: "a NATS server killed: one that does not lead",
    play: (arena) => survives(arena, electionMs, (leader) => killed(arena, (leader + 1) % 3)),
  },
  {
    name: "a NATS server killed: the leader",
    play: (arena) => survives(arena, electionMs, (leader) => killed(arena, leader)),
  },
  {
    name: "a NATS server hangs: the leader",
    play: (arena) =>
      survives(arena, electionMs, (leader) => {
        arena.engine.servers[leader]!.freeze();
        return async () => arena.engine.servers[leader]!.wake();
      }),
  },
  {
    name: "all NATS servers killed, and started",
    play: (arena) =>
      survives(arena, electionMs, async () => {
        await Promise.all(arena.engine.servers.map((server) => server.kill()));
        await Promise.all(arena.engine.servers.map((server) => server.start()));
        return async () => {};
      }),
  },
];

async function killed(arena: Arena, index: number): Promise<() => Promise<void>> {
  await arena.engine.servers[index]!.kill();
  return () => arena.engine.servers[index]!.start();
}

type End = () => Promise<void>;

/** What the table promises: an election is survived that keeps writes away for no longer than the deadline allows. */
async function survives(arena: Arena, forMs: number, act: (leader: number) => Promise<End> | End): Promise<string> {
  const { renewDeadlineMs, renewIntervalMs } = arena.times;
  const leader = await leaderOf(arena.engine, "faults");
  let end: End = async () => {};
  const silences = new Silences(arena);
  try {
    const said = await nothingChanges(arena, forMs, async () => {
      end = await act(leader);
    });
    return `${said}; no renewal was seen for ${seconds(silences.longestMs)} at most`;
  } catch (error) {
    if (silences.longestMs < renewDeadlineMs - renewIntervalMs) throw error;
    return `no renewal was seen for ${seconds(silences.longestMs)}, too long even for the defaults; ${(error as Error).message}`;
  } finally {
    silences.close();
    await end();
  }
}

/** How long no renewal of a node was seen by an observer. */
class Silences {
  longestMs = 0;
  readonly #timer: NodeJS.Timeout;

  constructor({ cluster }: Arena) {
    this.#timer = setInterval(() => {
      for (const { seenMsAgo } of cluster.members()) this.longestMs = Math.max(this.longestMs, seenMsAgo);
    }, 50);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
