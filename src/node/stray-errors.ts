// containStrayErrors: an error that escapes from a service's own callbacks into Node fails that service, not the process.
//
// The code of each incarnation runs in an asynchronous context of its own (AsyncLocalStorage), and Node still knows that
// context where it finds an uncaught error. Node emits `uncaughtExceptionMonitor` before it looks for listeners to
// `uncaughtException`: such a listener is added for an error of a service alone, and for the length of that one error. So
// an error of other code meets Node's own behaviour, to the letter.

import { invalid } from "../contract/check.ts";
import { SupervisorError, toError } from "../contract/errors.ts";
import type { Supervisor } from "../handle.ts";
import { type Scoped, treeKey } from "../tree/scope.ts";
import { createScope, origins } from "./origins.ts";

/** The trees whose stray errors are contained, each with how often that was asked for. */
const contained = new Map<Scoped, number>();

/**
 * From now on, an error that escapes from the code of a service of this tree fails that incarnation, as `ctx.fail` does,
 * instead of ending the process: thrown in a timer, a `nextTick`, an event listener, a socket; an "error" event without a
 * listener; a rejection without a handler. It is published (`stray-error`) and logged. An error of an incarnation that is
 * over changes nothing else.
 *
 * Call it before `start()`: incarnations that have begun before are not covered. Returns the remover; the last one leaves
 * everything as it was. An error of code that belongs to no service keeps Node's behaviour in every detail.
 *
 * Limits. After an uncaught error a program may hold state that makes no sense: here it is that of one service, which
 * restarts; what several services share is at your own risk. Work belongs to the incarnation that began it: a callback
 * that a shared pool calls from its own socket belongs to the pool. In Node 20 and 22 an error thrown by a
 * `queueMicrotask` callback has no context, and ends the process. Your own listeners to `uncaughtException` hear of
 * contained errors, too; your own to `unhandledRejection` take the rejections over, which then do not reach here; with
 * `--unhandled-rejections=warn` or `none` there are none to contain.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for anything but a supervisor, and on Bun and Deno.
 */
export function containStrayErrors(supervisor: Supervisor): () => void {
  const tree = (supervisor as { readonly [treeKey]?: Scoped })?.[treeKey];
  if (tree === undefined)
    throw invalid("containStrayErrors", "supervisor", "what createSupervisor returns", supervisor);
  refuseElsewhere();
  if (contained.size === 0) process.on("uncaughtExceptionMonitor", onUncaught);
  contained.set(tree, (contained.get(tree) ?? 0) + 1);
  tree.scope ??= createScope(tree);
  let isRemoved = false;
  return () => {
    if (isRemoved) return;
    isRemoved = true;
    const left = contained.get(tree)! - 1;
    if (left > 0) return void contained.set(tree, left);
    contained.delete(tree);
    tree.scope = null;
    if (contained.size === 0) process.off("uncaughtExceptionMonitor", onUncaught);
  };
}

/** Half of it would be worse than none: who relies on it would learn of the other half from an outage. */
function refuseElsewhere(): void {
  const reason =
    "Deno" in globalThis
      ? "Deno does not let a program see its uncaught errors"
      : "Bun" in globalThis
        ? "Bun does not tell which service's promise was rejected without a handler"
        : null;
  if (reason === null) return;
  throw new SupervisorError("ERR_INVALID_SPEC", `containStrayErrors needs Node: ${reason}`);
}

function onUncaught(thrown: unknown): void {
  const origin = origins.getStore();
  if (!origin || !contained.has(origin.tree)) return;
  // Then Node calls no listener, and one that is added here would stay and swallow the next error.
  if (process.hasUncaughtExceptionCaptureCallback()) return;
  process.once("uncaughtException", () => {
    // What this failure sets off belongs to no incarnation.
    origins.run(null, () => origin.incarnation.blame(toError(thrown)));
  });
}
