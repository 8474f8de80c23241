// moves.ts: from problem to problem, from crash to crash, and to what has caused something.

import { problemsOf } from "./problems.ts";
import { store } from "./store.ts";

/** Selects the next problem, or the one before, from the selected one on. */
export function goToProblem(by: 1 | -1): void {
  if (store.history === null) return;
  const { all } = problemsOf(store.tree!, store.history.at(store.choice.cursor));
  if (all.length === 0) return;
  const index = all.findIndex(({ path }) => path === store.choice.selected);
  const next = index === -1 ? (by === 1 ? 0 : all.length - 1) : (index + by + all.length) % all.length;
  store.select(all[next]!.path);
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
