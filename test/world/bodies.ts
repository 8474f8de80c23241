// bodies.ts: the code of the services of a world that are functions: `run`, and `start` with `stop`.

import type { ServiceContext } from "../../src/index.ts";
import type { Flag, Place } from "./commands.ts";
import type { Begun } from "./lives.ts";
import type { ChildShape } from "./shape.ts";

/** The part of the world that the code of its services sees. */
export interface Stage {
  begin(ctx: ServiceContext, shape: ChildShape, endsItself: boolean): Begun;
  /** Called at each place in the code of a service, before anything else happens there. */
  onPlace(place: Place, ctx: ServiceContext): void;
  isOn(flag: Flag, name: string): boolean;
  sleep(ms: number): Promise<void>;
  /** How it answers a stop request: with an error, with the signal's reason, or well. */
  answerOf(ctx: ServiceContext): Error | undefined;
}

/** Takes a life down after a stop request, unless it is deaf. */
export async function goDown(stage: Stage, shape: ChildShape, ctx: ServiceContext, { end }: Begun): Promise<void> {
  stage.onPlace("stop", ctx);
  if (stage.isOn("deaf", shape.name)) return;
  if (shape.downMs) await stage.sleep(shape.downMs);
  end(stage.answerOf(ctx));
}

export function toRun(stage: Stage, shape: ChildShape) {
  const comeUp = async (ctx: ServiceContext) => {
    if (shape.upMs) await stage.sleep(shape.upMs);
    stage.onPlace("up", ctx);
    ctx.ready();
  };
  return (ctx: ServiceContext): unknown => {
    const begun = stage.begin(ctx, shape, true);
    if (stage.isOn("brokenStart", shape.name)) {
      begun.end();
      throw new Error("broken start");
    }
    ctx.signal.addEventListener("abort", () => void goDown(stage, shape, ctx, begun));
    if (shape.body === "signal" && !stage.isOn("slow", shape.name)) void comeUp(ctx);
    return begun.over;
  };
}

interface Started {
  readonly ctx: ServiceContext;
  readonly begun: Begun;
}

export function toStartAndStop(stage: Stage, shape: ChildShape) {
  return {
    async start(ctx: ServiceContext): Promise<Started> {
      const begun = stage.begin(ctx, shape, false);
      if (shape.upMs) await stage.sleep(shape.upMs);
      while (stage.isOn("slow", shape.name) && !ctx.signal.aborted) await stage.sleep(50);
      stage.onPlace("up", ctx);
      if (stage.isOn("brokenStart", shape.name)) {
        begun.end();
        throw new Error("broken start");
      }
      return { ctx, begun };
    },
    async stop(value: unknown): Promise<void> {
      const { ctx, begun } = value as Started;
      stage.onPlace("stop", ctx);
      await leave(stage, shape, ctx, begun);
    },
  };
}

/** Takes code down that does not end by itself: a deaf one stays until it is made to end. */
export async function leave(stage: Stage, shape: ChildShape, ctx: ServiceContext, begun: Begun): Promise<void> {
  try {
    if (stage.isOn("deaf", shape.name)) await begun.over;
    if (shape.downMs) await stage.sleep(shape.downMs);
    const error = stage.answerOf(ctx);
    if (error) throw error;
  } finally {
    begun.end();
  }
}
