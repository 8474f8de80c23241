// The details of a service: its state and the reason, its history, its definition, its last error, and its buttons.

import { useEffect, useState } from "preact/hooks";
import type { Row } from "../../shared/protocol.ts";
import type { Explained } from "../model/connection.ts";
import { formatDuration, formatMs, nameOf } from "../model/format.ts";
import { store, useStore, useTicks } from "../model/store.ts";
import { looks, toneOf } from "../model/tones.ts";
import type { TreeNode } from "../model/tree.ts";
import { dependantsOf, waitsOf } from "../model/waiting.ts";
import { Actions } from "./actions.tsx";
import { Badge } from "./badge.tsx";
import { ErrorBlock } from "./error.tsx";
import { Icon } from "./icon.tsx";

export function Details({ path }: { path: string }) {
  const { history, choice, tree } = useStore();
  useTicks(250);
  const moment = history!.at(choice.cursor);
  const now = choice.cursor === null ? history!.now() : moment.at;
  const row = moment.rows.get(path);
  const node = tree!.nodes.get(path);
  const tone = toneOf(row);
  const explained = useExplanation(path, row);
  return (
    <aside class="details" aria-label={`Details of ${path}`}>
      <div class="head">
        <Badge tone={tone} />
        <h2 title={path}>{nameOf(path)}</h2>
        <button
          type="button"
          class="quiet"
          aria-label="Close the details"
          onClick={() => store.choose({ areDetailsOpen: false })}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="body">
        <p class="path mono">{path}</p>
        <p class="summary">
          <strong>{looks[tone].label}</strong>
          {/* `since` is that of the state: an unhealthy service may have been healthy until a moment ago. */}
          {row !== undefined && `${tone === "unhealthy" ? ", running" : ""} for ${formatDuration(now - row.since)}`}
          {explained?.summary !== undefined && <span class="muted"> · {explained.summary}</span>}
        </p>
        {row?.nextAttemptAt != null && <Countdown row={row} now={now} />}
        <Actions path={path} row={row} isRoot={node?.depth === 0} />
        {row !== undefined && <Facts row={row} now={now} explained={explained} />}
        <Links path={path} />
        {row?.unhealthy != null && (
          <section>
            <h3>Not healthy because</h3>
            <ErrorBlock error={row.unhealthy} />
          </section>
        )}
        {row?.error != null && (
          <section>
            <h3>Last failure</h3>
            <ErrorBlock error={row.error} />
          </section>
        )}
        {node?.spec != null && <Definition spec={node.spec} />}
      </div>
    </aside>
  );
}

/** The explanation of the running tree, asked for once a second while the page shows now. */
function useExplanation(path: string, row: Row | undefined): Explained | null {
  const [explained, setExplained] = useState<Explained | null>(null);
  const { isLive, connection, connectionState } = store;
  const isNow = isLive && store.choice.cursor === null && connectionState === "live";
  useEffect(() => {
    if (!isNow) return setExplained(null);
    let isOver = false;
    const ask = () =>
      connection!.explain([path]).then(
        ([one]) => isOver || setExplained(one ?? null),
        () => {},
      );
    ask();
    const timer = setInterval(ask, 1_000);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [path, isNow, row?.state, row?.phase]);
  return explained?.path === path && isNow ? explained : null;
}

function Countdown({ row, now }: { row: Row; now: number }) {
  const left = Math.max(0, row.nextAttemptAt! - now);
  const whole = Math.max(1, row.nextAttemptAt! - row.since);
  return (
    <p class="countdown">
      next attempt in {formatDuration(left)}
      <progress max={1} value={1 - left / whole} aria-label="Backoff" />
    </p>
  );
}

function Facts({ row, now, explained }: { row: Row; now: number; explained: Explained | null }) {
  const facts: [string, string][] = [
    ["uptime", row.startedAt === null ? "–" : formatDuration(now - row.startedAt)],
    ["incarnation", String(row.incarnation)],
    ["restarts", String(row.restarts)],
    ["failures in a row", String(row.failures)],
    ["last exit", row.exit ?? "–"],
  ];
  if (row.health !== null) facts.unshift(["health", row.health]);
  if (explained?.retriesLeft !== undefined && row.path.includes("/"))
    facts.push(["retries left", limit(explained.retriesLeft)]);
  if (explained?.intensityLeft != null)
    facts.push(["restarts its supervisor has left", limit(explained.intensityLeft)]);
  for (const { path, incarnation, isAlive } of explained?.holds ?? [])
    facts.push([`holds ${nameOf(path)}`, `incarnation ${incarnation}${isAlive ? "" : ", which is gone"}`]);
  return (
    <section>
      <h3>Now</h3>
      <FactList facts={facts} />
    </section>
  );
}

function Links({ path }: { path: string }) {
  const { tree, history, choice } = store;
  const moment = history!.at(choice.cursor);
  const waits = waitsOf(path, tree!, moment);
  const dependants = dependantsOf(path, tree!);
  const link = (to: string, detail: string) => (
    <li key={to}>
      <button type="button" class="quiet link" onClick={() => store.select(to)}>
        <Badge tone={toneOf(moment.rows.get(to))} />
        {nameOf(to)} <span class="muted">{detail}</span>
      </button>
    </li>
  );
  return (
    <>
      {waits.length > 0 && (
        <section>
          <h3>Depends on</h3>
          <ul>
            {waits.map(({ path: to, condition, required, isMet }) =>
              link(to, `${condition}${isMet ? "" : ", not met"}${required ? "" : ", optional"}`),
            )}
          </ul>
        </section>
      )}
      {dependants.length > 0 && (
        <section>
          <h3>Needed by</h3>
          <ul>{dependants.map((to) => link(to, ""))}</ul>
        </section>
      )}
    </>
  );
}

function Definition({ spec }: { spec: NonNullable<TreeNode["spec"]> }) {
  const facts: [string, string][] = [];
  if ("restart" in spec) {
    const { policy, maxRetries, initialBackoffMs, maxBackoffMs, multiplier } = spec.restart;
    facts.push(["restart", policy]);
    if (policy !== "never") {
      facts.push(["retries", limit(maxRetries)]);
      facts.push(["backoff", `${formatMs(initialBackoffMs)} × ${multiplier}, at most ${formatMs(maxBackoffMs)}`]);
    }
    facts.push(["critical", spec.critical ? "yes" : "no"]);
    if (spec.significant) facts.push(["significant", "yes"]);
    facts.push(["start, stop within", `${timeout(spec.startTimeoutMs)}, ${timeout(spec.stopTimeoutMs)}`]);
    if (spec.startDelayMs > 0) facts.push(["start delay", formatMs(spec.startDelayMs)]);
    if (spec.probes.length > 0) facts.push(["probes", spec.probes.join(", ")]);
    if (spec.watchdogMs !== null) facts.push(["watchdog", formatMs(spec.watchdogMs)]);
    if (spec.kind === "service") facts.push(["body", spec.body]);
  }
  if ("strategy" in spec) {
    facts.push(["strategy", spec.strategy]);
    const { intensity } = spec;
    facts.push([
      "intensity",
      intensity === null ? "no limit" : `${intensity.maxRestarts} in ${formatMs(intensity.withinMs)}`,
    ]);
    if (spec.autoShutdown !== "never") facts.push(["auto shutdown", spec.autoShutdown]);
  }
  return (
    <section>
      <h3>Defined as</h3>
      <FactList facts={facts} />
      {spec.meta !== null && <pre tabIndex={0}>{JSON.stringify(spec.meta, null, 2)}</pre>}
    </section>
  );
}

function FactList({ facts }: { facts: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function limit(count: number | null): string {
  return count === null ? "no limit" : String(count);
}

function timeout(ms: number | null): string {
  return ms === null ? "no limit" : formatMs(ms);
}
