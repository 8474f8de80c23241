// An abstract model of a supervisor whose children depend on each other (c on b, b on a), written from the
// documentation: in which order they start and stop, whatever fails meanwhile. All are critical and retried once.

import type { ServiceState } from "../../src/index.ts";
import type { Model } from "../../src/testing/paths.ts";

export const backoffMs = 100;
export const chainNames = ["a", "b", "c"] as const;
export type ChainName = (typeof chainNames)[number];
export type ChainEvent = `${"ready" | "fail" | "end"} ${ChainName}` | "time" | "stop-tree";

export interface LinkModel {
  readonly state: "waiting" | "launching" | "up" | "stopping" | "backoff" | "stopped" | "failed";
  readonly exit: "failed" | "stopped" | null;
  readonly incarnation: number;
  readonly failures: number;
  readonly leftMs: number;
}

export interface ChainModel {
  readonly mode: "starting" | "running" | "stopping" | "stopped" | "failed";
  readonly wentWrong: boolean;
  /** The children, each after its dependencies. */
  readonly links: readonly LinkModel[];
}

const waiting: LinkModel = { state: "waiting", exit: null, incarnation: 0, failures: 0, leftMs: 0 };

export const chainModel: Model<ChainModel, ChainEvent> = {
  initial: settle({ mode: "starting", wentWrong: false, links: [waiting, waiting, waiting] }),
  events: listEvents,
  next: (chain, event) => settle(take(chain, event)),
  key: (chain) => JSON.stringify(chain, (key, value) => (key === "incarnation" ? undefined : value)),
};

export function toPublic({ state }: LinkModel): ServiceState {
  if (state === "waiting" || state === "launching") return "starting";
  return state === "up" ? "running" : state;
}

const isDown = ({ state }: LinkModel) => state === "stopped" || state === "failed";
const isSupervising = ({ mode }: ChainModel) => mode === "starting" || mode === "running";

export function healthOf(chain: ChainModel): "healthy" | "unhealthy" {
  return isSupervising(chain) && chain.links.every(({ state }) => state === "up") ? "healthy" : "unhealthy";
}

export function dueIn({ links }: ChainModel): number | null {
  const times = links.flatMap(({ state, leftMs }) => (state === "backoff" ? [leftMs] : []));
  return times.length === 0 ? null : Math.min(...times);
}

function listEvents(chain: ChainModel): ChainEvent[] {
  const own = chain.links.flatMap(({ state }, index): ChainEvent[] => {
    const name = chainNames[index]!;
    if (state === "launching") return [`ready ${name}`, `fail ${name}`];
    if (state === "up") return [`fail ${name}`];
    return state === "stopping" ? [`end ${name}`, `fail ${name}`] : [];
  });
  const time: ChainEvent[] = dueIn(chain) === null ? [] : ["time"];
  return isSupervising(chain) ? [...own, ...time, "stop-tree"] : [...own, ...time];
}

function put(chain: ChainModel, index: number, change: Partial<LinkModel>): ChainModel {
  return { ...chain, links: chain.links.map((link, n) => (n === index ? { ...link, ...change } : link)) };
}

function take(chain: ChainModel, event: ChainEvent): ChainModel {
  if (event === "stop-tree") return { ...chain, mode: "stopping" };
  if (event === "time") {
    const ms = dueIn(chain)!;
    const pass = (link: LinkModel): LinkModel => {
      if (link.state !== "backoff") return link;
      return link.leftMs > ms ? { ...link, leftMs: link.leftMs - ms } : { ...link, state: "waiting", leftMs: 0 };
    };
    return { ...chain, links: chain.links.map(pass) };
  }
  const [deed, name] = event.split(" ") as ["ready" | "fail" | "end", ChainName];
  const index = chainNames.indexOf(name);
  const { state, failures } = chain.links[index]!;
  if (deed === "ready") return put(chain, index, { state: "up" });
  if (deed === "end") return put(chain, index, { state: "stopped", exit: "stopped" });
  if (state === "stopping") return { ...put(chain, index, { state: "failed", exit: "failed" }), wentWrong: true };
  if (failures === 0) return put(chain, index, { state: "backoff", exit: "failed", failures: 1, leftMs: backoffMs });
  const failed = put(chain, index, { state: "failed", exit: "failed", failures: failures + 1 });
  return isSupervising(chain) ? giveUp(failed, index) : failed;
}

/** Fails a child for good: the children that wait for it fail with it, directly or not; then the tree stops. */
function giveUp(chain: ChainModel, index: number): ChainModel {
  const next = chain.links[index + 1];
  if (next?.state === "waiting") return giveUp(put(chain, index + 1, { state: "failed", exit: "failed" }), index + 1);
  return { ...chain, mode: "stopping", wentWrong: true };
}

/** Takes every step that follows by itself. */
function settle(chain: ChainModel): ChainModel {
  const next = chain.mode === "stopping" ? settleStop(chain) : settleStart(chain);
  return next === chain ? chain : settle(next);
}

function settleStart(chain: ChainModel): ChainModel {
  const { mode, links } = chain;
  const index = links.findIndex(({ state }, n) => state === "waiting" && (n === 0 || links[n - 1]!.state === "up"));
  if (index >= 0) return put(chain, index, { state: "launching", incarnation: links[index]!.incarnation + 1 });
  return mode === "starting" && links.every(({ state }) => state === "up") ? { ...chain, mode: "running" } : chain;
}

/** Stops the children: one that is up after its dependants, one that is not at once. */
function settleStop(chain: ChainModel): ChainModel {
  const { links, wentWrong } = chain;
  if (links.every(isDown)) return { ...chain, mode: wentWrong ? "failed" : "stopped" };
  const index = links.findIndex((link, n) => {
    const hasDependant = n < 2 && !isDown(links[n + 1]!);
    return !isDown(link) && link.state !== "stopping" && !(link.state === "up" && hasDependant);
  });
  if (index < 0) return chain;
  const { state } = links[index]!;
  return put(chain, index, { state: state === "launching" || state === "up" ? "stopping" : "stopped", leftMs: 0 });
}
