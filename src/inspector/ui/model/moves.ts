// moves.ts: from problem to problem, from crash to crash, and to what has caused something.

import { problemsOf } from "./problems.ts";
import { store } from "./store.ts";

/** The problem that was gone to last, and its place among the others. */
let last: { path: string; index: number } | null = null;

/** Selects the next problem, or the one before, from the selected one on; from its place if that one is well by now. */
export function goToProblem(by: 1 | -1): void {
  if (store.history === null) return;
  const { selected, cursor } = store.choice;
  const { all } = problemsOf(store.tree!, store.history.at(cursor));
  if (all.length === 0) return;
  const index = nextProblem(
    all.map(({ path }) => path),
    selected,
    last?.path === selected ? last.index : null,
    by,
  );
  last = { path: all[index]!.path, index };
  store.select(last.path);
}

/** The place of the problem after or before the selected one. `before`: where the selected one was. */
export function nextProblem(
  paths: readonly string[],
  selected: string | null,
  before: number | null,
  by: 1 | -1,
): number {
  const index = selected === null ? -1 : paths.indexOf(selected);
  const wrap = (at: number) => (at + paths.length) % paths.length;
  if (index !== -1) return wrap(index + by);
  if (before !== null) return wrap(by === 1 ? Math.min(before, paths.length) : Math.min(before, paths.length) - 1);
  return by === 1 ? 0 : paths.length - 1;
}

/** Goes to the failure before or after the moment that is shown, and selects what failed. */
export function goToFailure(by: 1 | -1): void {
  const { history } = store;
  const n = history?.failureFrom(store.choice.cursor ?? history.head + 1, by);
  if (n !== undefined) goToCause(n);
}

/** Goes to a fact, and selects its service. */
export function goToCause(n: number): void {
  const entry = store.history?.entry(n);
  store.player.pause();
  store.goTo(n);
  if (entry !== undefined) store.select(entry.path);
}
