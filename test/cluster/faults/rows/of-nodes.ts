// The faults of nodes: they stop, die, hang, are cut off, are slow, and have services that fail.

import { grant, nothingChanges, now, type Row, seconds, silence, takeOver } from "../row.ts";

/** A stop of the singleton, and what the engine needs. */
const orderlyMs = 500;

export const nodeRows: readonly Row[] = [
  {
    name: "SIGTERM to the holder",
    async play(arena) {
      const { holder } = arena;
      const before = grant(arena);
      const from = now();
      const code = arena.nodes.stop(holder);
      const said = await takeOver(arena, before, { from, atMostMs: orderlyMs });
      if ((await code) !== 0) throw new Error(`the node ended with code ${await code}`);
      return said;
    },
  },
  {
    name: "drain of the holder",
    async play(arena) {
      const { holder } = arena;
      const before = grant(arena);
      const from = now();
      await arena.cluster.drain(holder);
      const said = await takeOver(arena, before, { from, atMostMs: orderlyMs });
      await arena.until("it holds nothing", () => arena.nodes.holds(holder) === 0);
      await arena.cluster.undrain(holder);
      return said;
    },
  },
  {
    name: "move to another node",
    async play(arena) {
      const before = grant(arena);
      const from = now();
      const moved = arena.cluster.move("orders", { to: arena.other });
      const said = await takeOver(arena, before, { from, atMostMs: orderlyMs });
      await moved;
      return said;
    },
  },
  {
    name: "kill -9 of the holder",
    async play(arena) {
      const before = grant(arena);
      const from = now();
      await arena.nodes.kill(before.node);
      return takeOver(arena, before, { from, ...silence(arena) });
    },
  },
  {
    name: "SIGSTOP of the holder for 0.6 s",
    async play(arena) {
      const { holder, nodes } = arena;
      return nothingChanges(arena, 1_500, async () => {
        nodes.freeze(holder);
        await arena.pause(600);
        nodes.wake(holder);
      });
    },
  },
  {
    name: "SIGSTOP of the holder, longer than its lease",
    async play(arena) {
      const before = grant(arena);
      const from = now();
      arena.nodes.freeze(before.node);
      const said = await takeOver(arena, before, { from, ...silence(arena) });
      await arena.pause(500);
      const wokenAt = now();
      arena.nodes.wake(before.node);
      await arena.until("it notices", () => before.endedAt !== null);
      const ticks = arena.nodes.ticks.filter(({ token, at }) => token === before.token && at > wokenAt);
      if (ticks.some(({ isHeld }) => isHeld)) throw new Error("its lease was held after it woke");
      return `${said}; ${ticks.length} unguarded ticks after it woke`;
    },
  },
  {
    name: "the event loop of the holder blocked for 4 s",
    async play(arena) {
      const before = grant(arena);
      const from = now();
      arena.nodes.tell(before.node, { type: "block", ms: arena.times.leaseDurationMs + 1_000 });
      const said = await takeOver(arena, before, { from, ...silence(arena) });
      await arena.until("it notices", () => before.endedAt !== null);
      const ticks = arena.nodes.ticks.filter(({ token, at }) => token === before.token && at > before.endedAt!);
      if (ticks.some(({ isHeld }) => isHeld)) throw new Error("its lease was held after it woke");
      return `${said}; ${ticks.length} unguarded ticks after it woke`;
    },
  },
  cut("the holder cut from the engine", (wire) => Object.assign(wire, { isToServerCut: true, isToClientCut: true })),
  cut("the answers of the engine to the holder lost", (wire) => Object.assign(wire, { isToClientCut: true })),
  cut("the requests of the holder lost", (wire) => Object.assign(wire, { isToServerCut: true })),
  {
    name: "the engine 100 ms slow, both ways, for all",
    play: (arena) =>
      nothingChanges(arena, 3_000, () => {
        for (const name of arena.nodes.names) for (const wire of arena.wires(name)) wire.delayMs = 100;
      }),
  },
  {
    // Not by an hour: tokens would be ahead by as much, and not grow when the engine loses its data.
    name: "the wall clock of the holder jumps ahead of its lease",
    async play(arena) {
      const before = grant(arena);
      const from = now();
      arena.nodes.tell(before.node, { type: "jump", ms: arena.times.leaseDurationMs + 2_000 });
      const { atMostMs } = silence(arena);
      const said = await takeOver(arena, before, { from, atMostMs });
      await arena.nodes.kill(before.node);
      return said;
    },
  },
  {
    name: "the wall clock of the holder jumps an hour back",
    async play(arena) {
      const { holder } = arena;
      const said = await nothingChanges(arena, 2_500, () => arena.nodes.tell(holder, { type: "jump", ms: -3_600_000 }));
      await arena.nodes.kill(holder);
      return said;
    },
  },
  {
    name: "the singleton fails three times on its node",
    async play(arena) {
      const before = grant(arena);
      const from = now();
      arena.nodes.tell(before.node, { type: "fail", times: 3 });
      // Two backoffs there, and one that the next node waits.
      const said = await takeOver(arena, before, { from, atMostMs: 500 + orderlyMs });
      if (grant(arena).node === before.node) throw new Error("the same node took it again");
      return said;
    },
  },
  {
    name: "the singleton ends its process",
    async play(arena) {
      const before = grant(arena);
      const from = now();
      arena.nodes.tell(before.node, { type: "exit" });
      const { atLeastMs, atMostMs } = silence(arena);
      // It counts as a failure, so the next one waits a backoff, too.
      return takeOver(arena, before, { from, atLeastMs, atMostMs: atMostMs + 200 });
    },
  },
  {
    name: "the singleton ignores its stop: its node keeps it until it is killed",
    async play(arena) {
      const before = grant(arena);
      arena.nodes.tell(before.node, { type: "ignoreStop" });
      arena.cluster.move("orders", { to: arena.other }).catch(() => {});
      await arena.pause(arena.times.leaseDurationMs + 1_000);
      if (before.endedAt !== null || arena.after(before.token) !== undefined) throw new Error("another took it");
      const stuckFor = seconds(arena.times.leaseDurationMs + 1_000);
      const from = now();
      await arena.nodes.kill(before.node);
      const said = await takeOver(arena, before, { from, ...silence(arena) });
      return `kept for ${stuckFor}; killed: ${said}`;
    },
  },
];

/** It steps down before another takes over, and rejoins when it is healed. */
function cut(name: string, change: (wire: ReturnType<Parameters<Row["play"]>[0]["wires"]>[number]) => void): Row {
  return {
    name,
    async play(arena) {
      const before = grant(arena);
      const { renewDeadlineMs } = arena.times;
      const from = now();
      for (const wire of arena.wires(before.node)) change(wire);
      const said = await takeOver(arena, before, { from, ...silence(arena) });
      if (before.endedAt === null) throw new Error("it runs on beside the other");
      const stoppedAfter = before.endedAt - from;
      if (stoppedAfter > renewDeadlineMs + 1_000) throw new Error(`it stopped after ${seconds(stoppedAfter)}`);
      return `stopped after ${seconds(stoppedAfter)}, ${said}`;
    },
  };
}
