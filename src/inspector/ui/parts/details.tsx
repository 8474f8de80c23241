// The details of a service: what can be done to it, its state and the reason, its errors, what it needs, its definition.

import type { Row } from "../../shared/protocol.ts";
import type { Explained } from "../model/connection.ts";
import { useExplanations } from "../model/explained.ts";
import { formatDuration, nameOf } from "../model/format.ts";
import { useKept } from "../model/kept.ts";
import { problemsOf } from "../model/problems.ts";
import { afterLabel, retriesLeft, type Scene, specOf, toBrief, toNeed, toSentence } from "../model/sentence.ts";
import { store, useStore, useTicks } from "../model/store.ts";
import { looks, toneOf } from "../model/tones.ts";
import { dependantsOf, waitsOf } from "../model/waiting.ts";
import { Actions } from "./actions.tsx";
import { Badge } from "./badge.tsx";
import { Compared } from "./compared.tsx";
import { CopyButton } from "./copy.tsx";
import { Definition } from "./definition.tsx";
import { ErrorBlock } from "./error.tsx";
import { type Fact, FactList, limit } from "./facts.tsx";
import { Grip } from "./grip.tsx";
import { Icon } from "./icon.tsx";
import { OutputTail } from "./output-tail.tsx";

/** The narrowest and the widest the panel can be made, in pixels. */
const [narrowest, usual, widest] = [260, 320, 720];

export function Details({ path }: { path: string }) {
  const { history, choice, tree } = useStore();
  useTicks(250);
  const [width, setWidth] = useKept("details-width", usual);
  const moment = history!.at(choice.cursor);
  const scene: Scene = { tree: tree!, moment, now: store.shownNow };
  const row = moment.rows.get(path);
  const node = tree!.nodes.get(path);
  const tone = toneOf(row);
  const explained = useExplanation(path, row);
  const isDown = row?.error != null && tone !== "running" && tone !== "completed";
  return (
    <aside class="details" aria-label={`Details of ${path}`} style={{ "--width": `${width}px` }}>
      <Grip label="Width of the details" value={width} least={narrowest} most={widest} onChange={setWidth} />
      <div class="head">
        <Badge tone={tone} />
        <h2 title={path}>{nameOf(path)}</h2>
        <CopyButton text={() => path} label="Copy the path" />
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
        <Actions path={path} row={row} isRoot={node?.depth === 0} />
        <div class="summary">
          <p>
            <strong>{looks[tone].label}</strong>
            {afterLabel(
              looks[tone].label,
              toSentence(path, scene, problemsOf(tree!, moment).culprits.get(path) ?? null),
            )}
          </p>
          <RoleNote note={explained?.note ?? row?.note} />
          <Countdown row={row} now={scene.now} />
        </div>
        {row?.unhealthy != null && (
          <section>
            <h3>Not healthy because</h3>
            <ErrorBlock error={row.unhealthy} path={path} />
          </section>
        )}
        {isDown && <LastFailure row={row} />}
        <Compared path={path} moment={moment} />
        <OutputTail path={path} moment={moment} />
        <Links path={path} scene={scene} />
        {row !== undefined && <Now row={row} scene={scene} explained={explained} />}
        {!isDown && row?.error != null && <LastFailure row={row} />}
        {node?.spec != null && <Definition spec={node.spec} />}
      </div>
    </aside>
  );
}

/** What a cluster adds: where a role runs. A recording knows it of roles alone. */
function RoleNote({ note }: { note: string | undefined }) {
  return note === undefined ? null : <p class="muted">{note}</p>;
}

function LastFailure({ row }: { row: Row }) {
  return (
    <section>
      <h3>Last failure</h3>
      <ErrorBlock error={row.error!} path={row.path} />
    </section>
  );
}

/** What only the running tree knows. */
function useExplanation(path: string, row: Row | undefined): Explained | null {
  const [one] = useExplanations([path], `${row?.state} ${row?.phase}`);
  return one?.path === path ? one : null;
}

/** How much of a backoff is over. Its room stays when there is none, so that nothing below it moves. */
function Countdown({ row, now }: { row: Row | undefined; now: number }) {
  if (row?.nextAttemptAt == null) return <div class="countdown none" />;
  const left = Math.max(0, row.nextAttemptAt - now);
  const whole = Math.max(1, row.nextAttemptAt - row.since);
  return (
    <div class="countdown">
      <progress max={1} value={1 - left / whole} aria-label="Backoff" />
    </div>
  );
}

function Now({ row, scene, explained }: { row: Row; scene: Scene; explained: Explained | null }) {
  const facts: Fact[] = [
    ["up for", row.startedAt === null ? "–" : formatDuration(scene.now - row.startedAt)],
    ["incarnation", String(row.incarnation)],
    ["restarts", String(row.restarts)],
    ["failures in a row", String(row.failures)],
    ["last exit", row.exit ?? "–"],
  ];
  if (row.pid != null) facts.unshift(["process", String(row.pid)]);
  if (row.error?.exitCode !== undefined) facts.push(["last exit code", String(row.error.exitCode)]);
  if (row.error?.signal !== undefined) facts.push(["last signal", row.error.signal]);
  if (row.health !== null) facts.unshift(["health", row.health]);
  const left = retriesLeft(row, specOf(row.path, scene));
  if (left !== null) facts.push(["retries left", String(left)]);
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

function Links({ path, scene }: { path: string; scene: Scene }) {
  const { tree, moment } = scene;
  const waits = waitsOf(path, tree, moment);
  const dependants = dependantsOf(path, tree);
  const row = moment.rows.get(path);
  const link = (to: string, detail: string) => (
    <li key={to}>
      <button type="button" class="quiet link" onClick={() => store.select(to)}>
        <Badge tone={toneOf(moment.rows.get(to))} />
        <span>
          {nameOf(to)} <span class="muted">{detail}</span>
        </span>
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
              link(
                to,
                [toNeed(condition, isMet, row, toBrief(to, scene)), ...(required ? [] : ["optional"])].join(" · "),
              ),
            )}
          </ul>
        </section>
      )}
      {dependants.length > 0 && (
        <section>
          <h3>Needed by</h3>
          <ul>{dependants.map((to) => link(to, moment.rows.get(to)?.phase === "waiting" ? "waits for it" : ""))}</ul>
        </section>
      )}
    </>
  );
}
