// state-key.ts: the key of the state that a world is in: two histories that lead to the same key go on alike.
//
// It holds what can be seen of the tree and of its charts, the pending timers, the pending promises, and what the code of
// the services is doing. Counters that only grow (incarnations, restarts, numbers of updates) are left out, and instants
// are given as distances from now.

import { allStatuses, type Status } from "../world/invariants/moment.ts";
import type { World } from "../world/world.ts";

interface ServiceContext {
  readonly failures: number;
  readonly delayed: boolean;
  readonly wasUp: boolean;
  readonly readyAt: number | null;
  readonly intent: string | null;
  readonly failing: boolean;
  readonly stopTimeoutMs: number;
  readonly delayMs: number;
  readonly verdict: string | null;
  readonly rule: { readonly restart: { readonly resetAfterMs: number } };
}

interface SupervisorContext {
  readonly outcome: { readonly kind: string } | null;
  readonly stopDeadlineAt: number;
  readonly restartTimes: readonly number[];
  readonly wasUp: boolean;
  readonly groupDelayMs: number;
}

export function keyOf(world: World): number {
  return hash(describe(world));
}

/** The text that the key is made from. */
export function describe(world: World): string {
  const { clock, puppets, runs, requests, deeds, supervisor } = world;
  const parts = allStatuses(supervisor.status()).map((status) => describeStatus(world, status));
  parts.push(clock.dueIn.sort((a, b) => a - b).join(","));
  parts.push(puppets.faults.join(","), requests.pending.sort().join(","), runs.pending.join(","));
  parts.push([...deeds.armed].map(([moment, commands]) => `${moment}: ${JSON.stringify(commands)}`).join(","));
  if (deeds.hasDeadline) parts.push("deadline");
  if (deeds.hasChanged) {
    for (const { path, dependsOn } of describedServices(world)) parts.push(`${path} on ${JSON.stringify(dependsOn)}`);
  }
  return parts.join("\n");
}

function describeStatus(world: World, { path, state, phase, holds, error, exit }: Status): string {
  const { supervisor, puppets, updates, clock } = world;
  const now = clock.now();
  const actors = supervisor.actorsOf(path);
  const service = actors.service?.getSnapshot().context as ServiceContext | undefined;
  const own = actors.supervisor?.getSnapshot() as { value: unknown; context: SupervisorContext } | undefined;
  const lives = puppets.lives.of(path).map(({ ctx: { signal, incarnation } }) => {
    const isLeftBehind = updates.unstopped.has(`${path} ${incarnation}`);
    return `${isLeftBehind ? "left" : "alive"}${signal.aborted ? " asked" : ""}`;
  });
  return JSON.stringify([
    path,
    state,
    phase,
    exit,
    error?.code ?? error?.message,
    holds.map((held) => [held.path, held.isAlive]),
    lives,
    puppets.streakOf(path),
    service && [
      service.failures,
      service.delayed,
      service.wasUp,
      service.readyAt && Math.min(now - service.readyAt, service.rule.restart.resetAfterMs),
      service.intent,
      service.failing,
      service.stopTimeoutMs,
      service.delayMs,
      service.verdict,
    ],
    own && [
      own.value,
      own.context.outcome?.kind,
      own.context.stopDeadlineAt - now,
      own.context.restartTimes.map((at) => now - at),
      own.context.wasUp,
      own.context.groupDelayMs,
    ],
  ]);
}

interface Described {
  readonly path: string;
  readonly dependsOn?: unknown;
  readonly services?: readonly Described[];
}

function describedServices({ supervisor }: World): Described[] {
  const flatten = (one: Described): Described[] => [one, ...(one.services ?? []).flatMap(flatten)];
  return flatten(supervisor.describe());
}

/** A hash of 53 bits: among a million states two are confused once in twenty thousand explorations. */
function hash(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 2_654_435_761);
    b = Math.imul(b ^ code, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return 4_294_967_296 * (b & 0x1fffff) + (a >>> 0);
}
