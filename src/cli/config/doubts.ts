// doubts.ts: what is valid in a config and most likely not meant, with numbers, for `check`.

import { nextDelayMs } from "../../../machines/index.ts";
import type { ChildDescription, TreeDescription } from "../../contract/description.ts";
import type { ChildSpec, SupervisorSpec } from "../../contract/spec.ts";
import { madeFrom } from "../../node/index.ts";
import { formatMs, withoutRoot } from "../print/format.ts";
import { stopMsOf } from "./stop-time.ts";

export interface Doubt {
  readonly path: string;
  readonly text: string;
}

/** Retries that are over sooner than this, in milliseconds, outlast no deploy and no restart of another machine. */
const shortMs = 10_000;

/** How long platforms wait for a stop by default, in milliseconds. */
const platforms = [
  { name: "docker", ms: 10_000 },
  { name: "Kubernetes", ms: 30_000 },
  { name: "systemd", ms: 90_000 },
];

export function doubtsOf(tree: TreeDescription, spec: SupervisorSpec): Doubt[] {
  return [...doubtsOfStop(tree), ...doubtsIn(tree, spec)];
}

function doubtsIn(tree: TreeDescription, spec: SupervisorSpec): Doubt[] {
  const specs = new Map(spec.services.map((child) => [child.name, child]));
  return [
    ...doubtsOfIntensity(tree),
    ...tree.services.flatMap((child) => {
      const own = specs.get(child.name)!;
      return child.services
        ? doubtsIn(child, own as SupervisorSpec)
        : [...doubtsOfRetries(child), ...doubtsOfProbes(child, own)];
    }),
  ];
}

function doubtsOfStop(tree: TreeDescription): Doubt[] {
  const ms = stopMsOf(tree);
  const shorter = platforms.filter((platform) => ms > platform.ms && platform.ms >= 30_000);
  if (shorter.length === 0) return [];
  const limits = shorter.map((platform) => `${platform.name} after ${formatMs(platform.ms)}`).join(", ");
  return [{ path: tree.path, text: `a stop may take ${formatMs(ms)}: by default it is killed by ${limits}` }];
}

function doubtsOfRetries({ path, critical, restart }: ChildDescription): Doubt[] {
  const { policy, maxRetries } = restart;
  if (!critical || policy === "never" || maxRetries === null || maxRetries === 0) return [];
  const ms = retryMs(restart, maxRetries);
  if (ms >= shortMs) return [];
  const text = `${maxRetries} retries are used up ${formatMs(ms)} after the first failure, if each start fails at once; then the whole tree fails (a larger maxRetries or backoff, or \`critical: false\`)`;
  return [{ path, text }];
}

/** How long so many retries in a row wait together, in milliseconds. */
function retryMs(restart: ChildDescription["restart"], retries: number): number {
  let sum = 0;
  for (let n = 1; n <= retries && sum < shortMs; n++) sum += nextDelayMs({ ...restart, jitter: 0 }, n, 0.5);
  return sum;
}

function doubtsOfIntensity({ path, intensity, services }: TreeDescription): Doubt[] {
  if (intensity === null) return [];
  const { maxRestarts, withinMs } = intensity;
  const most = services.reduce((sum, child) => sum + restartsWithin(child, withinMs), 0);
  if (most <= maxRestarts) {
    const text = `its intensity is never exceeded: with their backoffs and retries its services restart ${most} times within ${formatMs(withinMs)} at most, and ${maxRestarts} are allowed`;
    return [{ path, text }];
  }
  if (maxRestarts === 0) return [{ path, text: "its intensity allows no restart at all: the first failure fails it" }];
  return [];
}

/** How often a service that fails at once, each time, restarts within a window at most. */
function restartsWithin({ restart }: ChildDescription, withinMs: number): number {
  if (restart.policy === "never") return 0;
  const most = restart.maxRetries ?? Number.POSITIVE_INFINITY;
  let [count, at] = [0, 0];
  while (count < most && count < 10_000) {
    at += nextDelayMs({ ...restart, jitter: 0 }, count + 1, 0.5);
    if (at > withinMs) break;
    count++;
  }
  return count;
}

function doubtsOfProbes({ path, restart, critical }: ChildDescription, spec: ChildSpec): Doubt[] {
  if (spec.services !== undefined) return [];
  return (["health", "liveness"] as const).flatMap((kind) => {
    const probe = spec[kind];
    const host = probe && remoteHostOf(typeof probe === "function" ? probe : probe.check);
    if (!host) return [];
    const retries = restart.maxRetries ?? Number.POSITIVE_INFINITY;
    const end = critical && Number.isFinite(retries) ? `, and after ${retries} retries the whole tree fails` : "";
    const text = `${kind} asks ${host}, another machine: while that is away, ${withoutRoot(path)} is restarted again and again${end}; \`readiness\` would only mark it`;
    return [{ path, text }];
  });
}

const local = /^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[?::1?\]?)$/i;

/** The host that a probe asks, if it is another machine's; undefined for what cannot be known. */
function remoteHostOf(check: unknown): string | undefined {
  const made = madeFrom(check);
  const host =
    made?.maker === "tcpProbe" ? made.args[1] : made?.maker === "httpProbe" ? hostIn(String(made.args[0])) : undefined;
  return typeof host === "string" && !local.test(host) ? host : undefined;
}

function hostIn(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
