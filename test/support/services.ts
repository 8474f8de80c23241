// Services that do one thing wrong, or nothing at all, shared by the tests of trees.

import type { AnyActorLogic, AnyActorRef } from "xstate";
import type { ActorServiceSpec, RestartOptions, RunServiceSpec, ServiceSpec } from "../../src/index.ts";
import { watch } from "./promises.ts";
import { createScenario, scripted } from "./scenario.ts";

export const boom = new Error("boom");

/** The body of a service that stays up until it is asked to stop. */
export function untilStopped({ signal }: { signal: AbortSignal }): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** A service "a" whose run fails at once, `times` times in a row, and then stays up. */
export function failing(times: number, restart: Partial<RestartOptions>): ServiceSpec {
  return {
    name: "a",
    restart,
    critical: false,
    run: (ctx) => (ctx.incarnation <= times ? Promise.reject(boom) : untilStopped(ctx)),
  };
}

/**
 * A service whose first `deaf` incarnations ignore a stop request until the test ends them; later ones stop at once.
 * `starts` counts all of them.
 */
export function deafService(name: string, spec: Partial<RunServiceSpec> = {}, deaf = Number.POSITIVE_INFINITY) {
  const ends: ((error?: Error) => void)[] = [];
  const service = {
    starts: 0,
    /** Ends an incarnation, counted from 1, as failed if an error is given. */
    end: (incarnation: number, error?: Error) => ends[incarnation - 1]!(error),
    spec: {
      name,
      run: ({ signal }) => {
        const hears = ++service.starts > deaf;
        return new Promise<void>((resolve, reject) => {
          ends.push((error) => (error ? reject(error) : resolve()));
          if (hears) signal.addEventListener("abort", () => resolve());
        });
      },
      ...spec,
    } satisfies RunServiceSpec as RunServiceSpec,
  };
  return service;
}

/** A tree whose service "a" is an actor of the given logic; `ref` returns that actor while it runs. */
export async function runActor(actor: AnyActorLogic, spec: Partial<ActorServiceSpec> = {}) {
  const a: ServiceSpec = { name: "a", actor, ...spec };
  const holder = scripted("holder", { dependsOn: [{ service: "a", condition: "started", required: false }] });
  const s = createScenario({ services: [a, holder.spec] });
  const started = watch(s.supervisor.start());
  await s.clock.advance(0);
  return { s, started, ref: () => holder.ctx!.use(a) as AnyActorRef };
}
