// The problems: what is broken, why, since when and what happens next; before that, what happened lately, each cause once;
// and the errors, grouped.

import type { ErrorGroup } from "../model/error-groups.ts";
import { errorAsMarkdown } from "../model/error-text.ts";
import { countOf, endOfPath, formatClock, formatDuration, nameOf, shortPath } from "../model/format.ts";
import { describeIncident, type Incident, reasonOf } from "../model/incidents.ts";
import { goToCause, goToProblem } from "../model/moves.ts";
import { type Problem, problemsOf } from "../model/problems.ts";
import { messageOf, type Scene, toNext, toNextAfter, toReason, toWhy } from "../model/sentence.ts";
import { store, useStore, useTicks } from "../model/store.ts";
import { looks, toneOf } from "../model/tones.ts";
import { matches } from "../model/tree.ts";
import { Badge } from "../parts/badge.tsx";
import { CopyButton } from "../parts/copy.tsx";
import { Icon } from "../parts/icon.tsx";
import { NothingFound } from "../parts/nothing-found.tsx";

/** How many lines of each section are shown. */
const mostShown = 60;

export function ProblemsView() {
  const { history, tree, choice } = useStore();
  useTicks(250);
  const moment = history!.at(choice.cursor);
  const scene: Scene = { tree: tree!, moment, now: store.shownNow };
  const { all, culprits, causes } = problemsOf(tree!, moment);
  const found = choice.query === "" ? all : all.filter(({ path, row }) => matches(path, row, choice.query));
  const supervisors = supervisorsOf(scene);
  const incidents = history!.incidents.all.filter(
    ({ from, path }) => from <= scene.now && (choice.query === "" || path.includes(choice.query)),
  );
  const errors = history!.errorsAt(choice.cursor);
  return (
    <div class="problems fill" data-keys tabIndex={0} role="region" aria-label="Problems" onKeyDown={onKey}>
      <section aria-labelledby="now-title">
        <div class="section-head">
          <h2 id="now-title">{all.length === 0 ? "Nothing is wrong" : countOf(causes, "cause")}</h2>
          <span class="muted">
            {all.length === 0
              ? `${countOf(moment.rows.size - supervisors.count, "service")} in ${countOf(supervisors.count, "supervisor")}, all as they should be`
              : all.length > causes &&
                `${countOf(all.length - causes, "service is", "services are")} down because of ${causes === 1 ? "it" : "them"}`}
          </span>
        </div>
        {supervisors.unwell.length > 0 && (
          <ul class="rolled-up" aria-label="Supervisors that are not well">
            {supervisors.unwell.slice(0, 12).map((path) => (
              <li key={path}>
                <button
                  type="button"
                  class="quiet"
                  onClick={() => store.choose({ selected: path, areDetailsOpen: true })}
                >
                  <Badge tone={toneOf(moment.rows.get(path))} />
                  <span>
                    <strong>{shortPath(path)}</strong>
                    {" is "}
                    {rolledUp(path, scene, culprits.get(path) ?? null)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
        {found.length > 0 && (
          <table class="problem-table">
            <thead>
              <tr>
                <th scope="col">Service</th>
                <th scope="col">Why</th>
                <th scope="col">Since</th>
                <th scope="col">Next</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, mostShown).map((problem) => (
                <ProblemLine
                  key={problem.path}
                  problem={problem}
                  scene={scene}
                  culprit={culprits.get(problem.path) ?? null}
                />
              ))}
            </tbody>
          </table>
        )}
        {found.length > mostShown && <p class="muted more">and {found.length - mostShown} more</p>}
        {found.length === 0 && all.length > 0 && <NothingFound />}
      </section>
      {incidents.length > 0 && (
        <section aria-labelledby="incidents-title">
          <div class="section-head">
            <h2 id="incidents-title">What happened</h2>
            <span class="muted">{countOf(incidents.length, "incident")}, newest first</span>
          </div>
          <ul class="incidents">
            {incidents
              .slice(-mostShown)
              .reverse()
              .map((incident) => (
                <IncidentLine key={incident.n} incident={incident} scene={scene} />
              ))}
          </ul>
        </section>
      )}
      {errors.length > 0 && (
        <section aria-labelledby="errors-title">
          <div class="section-head">
            <h2 id="errors-title">Errors</h2>
            <span class="muted">by message and place, most frequent first</span>
          </div>
          <ul class="error-groups">
            {errors.slice(0, mostShown).map((group) => (
              <GroupLine key={group.key} group={group} now={scene.now} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** "degraded by gateway: in backoff", or "unhealthy: waits for api". */
function rolledUp(path: string, scene: Scene, culprit: string | null): string {
  const tone = toneOf(scene.moment.rows.get(path));
  const reason = toReason(path, scene, culprit);
  return tone === "degraded" ? reason : `${looks[tone].label}: ${reason}`;
}

function onKey(event: KeyboardEvent): void {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (by === 0) return;
  event.preventDefault();
  goToProblem(by);
}

/** The supervisors that are degraded or unhealthy themselves, and how many there are in all. */
function supervisorsOf({ moment }: Scene): { count: number; unwell: string[] } {
  const all = [...moment.rows.values()].filter(({ kind }) => kind === "supervisor");
  const unwell = all.filter((row) => ["degraded", "unhealthy"].includes(toneOf(row)));
  return { count: all.length, unwell: unwell.map(({ path }) => path) };
}

function ProblemLine({ problem, scene, culprit }: { problem: Problem; scene: Scene; culprit: string | null }) {
  const { path, row, tone, root } = problem;
  const since = store.history!.lanes.downSince(path, scene.now) ?? row.since;
  const why = toWhy(path, root, scene, culprit);
  const isKept = root !== null && tone !== "failed";
  const next = isKept ? toNextAfter(root, scene) : toNext(path, scene);
  const isSelected = store.choice.selected === path;
  return (
    <tr
      class={`${isSelected ? "selected" : ""} ${root === null ? "" : "effect"}`}
      onClick={() => store.choose({ selected: path, areDetailsOpen: true })}
      onDblClick={() => store.choose({ selected: path, view: "chart" })}
    >
      <th scope="row">
        <button type="button" class="quiet link" aria-current={isSelected ? "true" : undefined} title={path}>
          <Badge tone={tone} />
          <span class="names">
            <strong>{nameOf(path)}</strong>
            <span class="muted">{shortPath(path).slice(0, -nameOf(path).length - 1) || looks[tone].label}</span>
          </span>
        </button>
      </th>
      <td class="why" title={why}>
        <div class="clamp">
          {why || looks[tone].label}
          {root !== null && !why.includes(nameOf(root)) && <span class="muted"> · because of {nameOf(root)}</span>}
          {row.failures > 1 && <span class="muted"> · {row.failures} times in a row</span>}
        </div>
        {next !== "" && <div class="next-below">{next}</div>}
      </td>
      <td class="number" title={`since ${formatClock(since + store.history!.wallOffset)}`}>
        {formatDuration(scene.now - since)}
      </td>
      <td class={`next ${isKept ? "muted" : ""}`}>{next}</td>
    </tr>
  );
}

function IncidentLine({ incident, scene }: { incident: Incident; scene: Scene }) {
  const { n, path, from, until, isLost } = incident;
  const reason = reasonOf(incident);
  const isOpen = until === null || until > scene.now;
  return (
    <li>
      <button
        type="button"
        class="incident quiet"
        title={`Go to this moment${reason === "" ? "" : `: ${reason}`}`}
        onClick={() => goToCause(n)}
      >
        <span class="mono muted">{formatClock(from + store.history!.wallOffset)}</span>
        <Badge
          tone={isOpen ? "backoff" : isLost ? "failed" : "running"}
          title={isOpen ? "goes on" : isLost ? "did not come back" : "over"}
        />
        <span class="text">
          {describeIncident(incident, scene.tree, scene.now)}
          {reason !== "" && <span class="muted"> · {reason}</span>}
        </span>
        <span class="muted path">{endOfPath(path)}</span>
        <Icon name="on" />
      </button>
    </li>
  );
}

function GroupLine({ group, now }: { group: ErrorGroup; now: number }) {
  const { error, count, first, last, n, paths } = group;
  const names = [...paths];
  const message = messageOf(names[0] ?? "", error);
  return (
    <li>
      <span class="times number">{count} ×</span>
      <button type="button" class="quiet text" title="Go to the newest" onClick={() => goToCause(n)}>
        <strong>{error.name}</strong> {message}
      </button>
      <span class="muted where">
        {names.slice(0, 2).map(nameOf).join(", ")}
        {names.length > 2 && ` and ${names.length - 2} more`} · {count > 1 && `first ${formatDuration(now - first)}, `}
        last {formatDuration(now - last)} ago
      </span>
      <CopyButton text={() => errorAsMarkdown(names[0]!, error)} label="Copy the error as Markdown" />
    </li>
  );
}
