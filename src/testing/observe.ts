// observe.ts: a user's own definition, with a note of the context and of the value of its newest incarnation.

import type { ServiceSpec } from "../index.ts";
import type { LifecycleSubject } from "./lifecycle-driver.ts";

export type Noted = Pick<LifecycleSubject, "ctx" | "value">;

/** Calls `note` when an incarnation begins, and when its start has returned its value. */
export function observe(spec: ServiceSpec, note: (noted: Noted) => void): ServiceSpec {
  const { run, start } = spec;
  if (run) {
    return {
      ...spec,
      run: (ctx) => {
        note({ ctx, value: undefined });
        return run.call(spec, ctx);
      },
    };
  }
  if (!start) return spec;
  let newest: Noted["ctx"];
  return {
    ...spec,
    start: async (ctx) => {
      newest = ctx;
      note({ ctx, value: undefined });
      const value = await start.call(spec, ctx);
      if (newest === ctx) note({ ctx, value });
      return value;
    },
  };
}
