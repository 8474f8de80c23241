// The statechart of the selected service: of its life, of the supervisor that it is, or of the machine that it runs.

import { useRef } from "preact/hooks";
import { chartKeyOf } from "../../shared/history.ts";
import type { Role } from "../../shared/protocol.ts";
import { isLarge } from "../model/chart-layout.ts";
import { type ChartStep, stepOf } from "../model/chart-steps.ts";
import { formatDuration, nameOf } from "../model/format.ts";
import { useKept } from "../model/kept.ts";
import { useSize } from "../model/size-of.ts";
import { useStore, useTicks } from "../model/store.ts";
import { shortType } from "../model/wording.ts";
import { ChartPicture } from "../parts/chart-picture.tsx";
import { Context } from "../parts/context.tsx";
import { Picker } from "../parts/picker.tsx";
import { Ways } from "../parts/ways.tsx";

const roleNames: Readonly<Record<Role, string>> = { service: "Life", supervisor: "Supervisor", actor: "Own machine" };

/** The charts of a cluster, which nobody but the cluster sends events to. */
const clusterNames: Readonly<Record<string, string>> = { membership: "Membership", role: "Role" };

export function ChartView() {
  const { history, choice } = useStore();
  useTicks(100);
  const ref = useRef<HTMLDivElement>(null);
  const room = useSize(ref, { width: 900, height: 600 });
  const [wanted, setWanted] = useKept<string | null>("chart-role", null);
  const [isFull, setFull] = useKept("all-guards", false);
  const path = choice.selected!;
  const moment = history!.at(choice.cursor);
  const now = choice.cursor === null ? history!.now() : moment.at;
  const steps = (["service", "supervisor", "actor"] as const).flatMap((role) => {
    if (role === "service" && path === history!.name) return [];
    const step = stepOf(history!, moment, path, role);
    if (step === null || step.chart === "") return [];
    const name = role === "actor" ? (clusterNames[step.chart] ?? roleNames[role]) : roleNames[role];
    return [{ key: role as string, name, role, step }];
  });
  const own = steps.length;
  // The machines that the actor has invoked or spawned.
  for (const id of Object.keys(moment.charts.get(chartKeyOf(path, "actor"))?.children ?? {})) {
    const step = stepOf(history!, moment, path, "actor", id);
    if (step !== null) steps.push({ key: `actor ${id}`, name: id, role: "actor", step });
  }
  const shown = steps.find(({ key }) => key === wanted) ?? steps[own - 1];
  const chart = shown === undefined ? undefined : history!.charts[shown.step.chart];
  return (
    <>
      <div class="toolbar">
        <Picker />
        <h2 class="wide-only">{nameOf(path)}</h2>
        <div class="group" role="group" aria-label="Which chart">
          {steps.map(({ key, name }) => (
            <button key={key} type="button" aria-pressed={key === shown?.key} onClick={() => setWanted(key)}>
              {name}
            </button>
          ))}
        </div>
        {chart !== undefined && isLarge(chart) && (
          <button
            type="button"
            aria-pressed={isFull}
            title="Guards and actions everywhere, not only where it can go from here"
            onClick={() => setFull(!isFull)}
          >
            All guards
          </button>
        )}
        <span class="space" />
        {shown !== undefined && <LastStep step={shown.step} now={now} />}
      </div>
      <div class="fill" ref={ref}>
        {shown === undefined && <p class="empty">There is no chart of {path} at this moment.</p>}
        {shown !== undefined && chart !== undefined && (
          <ChartPicture
            chart={chart}
            step={shown.step}
            path={path}
            role={shown.role}
            now={now}
            isFull={isFull}
            room={room}
          />
        )}
      </div>
      {shown !== undefined && chart !== undefined && (
        <Ways
          chart={chart}
          step={shown.step}
          path={path}
          isSendable={shown.key === "actor" && !(shown.step.chart in clusterNames)}
        />
      )}
      {shown?.step.context !== undefined && <Context step={shown.step} />}
    </>
  );
}

function LastStep({ step, now }: { step: ChartStep; now: number }) {
  if (step.event === "") return null;
  return (
    <p class="muted last-step wide-only">
      <code>{shortType(step.event)}</code> {formatDuration(now - step.at)} ago
    </p>
  );
}
