// What is different of a service between the pinned moment and the one that is shown.

import { chartKeyOf, type Moment } from "../../shared/history.ts";
import { type Difference, diff, parseContext } from "../model/diff.ts";
import { formatClock } from "../model/format.ts";
import { store, useStore } from "../model/store.ts";
import { nameOfState } from "../model/tones.ts";
import { Differences } from "./differences.tsx";
import { Icon } from "./icon.tsx";

export function Compared({ path, moment }: { path: string; moment: Moment }) {
  const { pinned } = store.choice;
  const history = store.history!;
  if (pinned === null || pinned < history.first) return null;
  const [before, isReversed] = [history.at(pinned), pinned > moment.n];
  const [from, to] = isReversed ? [moment, before] : [before, moment];
  const all = compare(path, from, to);
  return (
    <section>
      <h3>
        {formatClock(from.at + history.wallOffset)} → {formatClock(to.at + history.wallOffset)}
      </h3>
      {all.length === 0 ? <p class="muted">the same at both moments</p> : <Differences all={all} />}
    </section>
  );
}

function compare(path: string, from: Moment, to: Moment): readonly Difference[] {
  const contextAt = ({ charts }: Moment) => parseContext(charts.get(chartKeyOf(path, "actor"))?.context);
  const valueAt = ({ charts }: Moment) => charts.get(chartKeyOf(path, "actor"))?.value;
  return [
    ...diff(toWords(path, from), toWords(path, to)),
    ...diff({ machine: valueAt(from) }, { machine: valueAt(to) }),
    ...diff({ context: contextAt(from) }, { context: contextAt(to) }),
  ];
}

function toWords(path: string, { rows }: Moment): object {
  const row = rows.get(path);
  if (row === undefined) return {};
  const { state, phase, health, incarnation, restarts, failures, error, exit, pid } = row;
  return {
    state: nameOfState(state, phase),
    health,
    incarnation,
    restarts,
    failures,
    error: error?.message,
    exit,
    pid,
  };
}

/** Pins the moment that is shown, to compare later ones with it; or forgets the pinned one. */
export function PinButton() {
  const { choice, history } = useStore();
  const { pinned } = choice;
  const at = pinned === null ? "" : formatClock(history!.at(pinned).at + history!.wallOffset);
  const label = pinned === null ? "Pin this moment, to compare others with it" : `Forget the pinned moment, ${at}`;
  return (
    <button
      type="button"
      class="quiet wide-only"
      aria-label={label}
      aria-pressed={pinned !== null}
      title={label}
      onClick={() => store.choose({ pinned: pinned === null ? (choice.cursor ?? history!.head) : null })}
    >
      <Icon name="pin" />
      {at}
    </button>
  );
}
