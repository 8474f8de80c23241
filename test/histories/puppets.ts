// The code of the services of a history: what each does by itself, what it is told to do, and who is alive.

import type { ServiceContext, ServiceSpec, SupervisorSpec } from "../../src/index.ts";
import type { SimulatedClock } from "../../src/testing/index.ts";
import type { ChildShape } from "./shape.ts";

interface Life {
  readonly ctx: ServiceContext;
  /** Ends it: as failed, with an error. */
  end(error?: Error): void;
}

/** `isAbandoned`: whether an incarnation was reported unstopped. `report`: what must never be. */
export function createPuppets(
  clock: SimulatedClock,
  isAbandoned: (path: string, incarnation: number) => boolean,
  report: (what: string) => void,
) {
  const lives = new Map<string, Life[]>();
  const contexts = new Map<string, ServiceContext[]>();
  const flags = new Map<string, boolean>();
  let isCalm = false;
  let timers = 0;

  const isOn = (flag: string, name: string) => !isCalm && (flags.get(`${flag} ${name}`) ?? false);

  function sleep(ms: number): Promise<void> {
    timers++;
    return new Promise((resolve) =>
      clock.setTimeout(() => {
        timers--;
        resolve();
      }, ms),
    );
  }

  function begin(ctx: ServiceContext): { life: Promise<void>; end(error?: Error): void } {
    const mates = lives.get(ctx.path) ?? [];
    lives.set(ctx.path, mates);
    const others = mates.filter((one) => !isAbandoned(ctx.path, one.ctx.incarnation));
    if (others.length > 0) {
      report(`${ctx.path}: incarnation ${ctx.incarnation} begins beside ${others.map((one) => one.ctx.incarnation)}`);
    }
    contexts.set(ctx.name, [ctx, ...(contexts.get(ctx.name) ?? [])]);
    let end!: (error?: Error) => void;
    const life = new Promise<void>((resolve, reject) => {
      const one: Life = {
        ctx,
        end(error) {
          const index = mates.indexOf(one);
          if (index < 0) return;
          mates.splice(index, 1);
          if (error) reject(error);
          else resolve();
        },
      };
      end = one.end;
      mates.push(one);
    });
    life.catch(() => {});
    return { life, end };
  }

  async function goDown({ name, downMs = 0 }: ChildShape, end: (error?: Error) => void): Promise<void> {
    if (isOn("deaf", name)) return;
    if (downMs > 0) await sleep(downMs);
    end(isOn("brokenStop", name) ? new Error("broken stop") : undefined);
  }

  function run(shape: ChildShape) {
    return (ctx: ServiceContext): unknown => {
      const { life, end } = begin(ctx);
      if (isOn("brokenStart", shape.name)) {
        end();
        throw new Error("broken start");
      }
      ctx.signal.addEventListener("abort", () => void goDown(shape, end));
      if (shape.body === "signal" && !isOn("slow", shape.name)) {
        if (shape.upMs === 0) ctx.ready();
        else void sleep(shape.upMs!).then(ctx.ready);
      }
      return life;
    };
  }

  function start(shape: ChildShape) {
    return async (ctx: ServiceContext) => {
      const { life, end } = begin(ctx);
      if (shape.upMs! > 0) await sleep(shape.upMs!);
      while (isOn("slow", shape.name) && !ctx.signal.aborted) await sleep(50);
      if (isOn("brokenStart", shape.name)) {
        end();
        throw new Error("broken start");
      }
      life.catch((error) => ctx.fail(error)); // it is told to fail while it is up
      return { end };
    };
  }

  async function check({ name }: ChildShape): Promise<boolean> {
    if (isOn("sick", name)) throw new Error("sick");
    return true;
  }

  function toSpec(shape: ChildShape): ServiceSpec | SupervisorSpec {
    const { body, upMs: _, downMs, decide, probe, services, restart, watchdogMs, ...options } = shape;
    const decideIt = () => {
      if (isCalm) return undefined;
      if (decide === "throw") throw new Error("decide");
      return decide;
    };
    const common = { ...options, restart: { ...restart, ...(decide && { decide: decideIt }) } };
    if (services) return { ...common, services: services.map(toSpec) } as SupervisorSpec;
    const rule = { intervalMs: 70, timeoutMs: 100, failureThreshold: 2 };
    return {
      ...common,
      ...(probe && { [probe]: { check: () => check(shape), ...rule } }),
      ...(watchdogMs !== undefined && { watchdogMs }),
      ...(body === "signal" && { readyOn: "signal" }),
      ...(body === "start"
        ? {
            start: start(shape),
            async stop(value: unknown) {
              const { end } = value as { end(): void };
              let error: Error | undefined;
              if (isOn("deaf", shape.name)) await new Promise(() => {});
              if (downMs! > 0) await sleep(downMs!);
              if (isOn("brokenStop", shape.name)) error = new Error("broken stop");
              end();
              if (error) throw error;
            },
          }
        : { run: run(shape) }),
    } as ServiceSpec;
  }

  return {
    toSpec,
    set: (flag: string, name: string, on: boolean) => void flags.set(`${flag} ${name}`, on),
    /** Of the newest incarnations first. */
    contextsOf: (name: string): readonly ServiceContext[] => contexts.get(name) ?? [],
    newestOf: (path: string): Life | undefined => lives.get(path)?.at(-1),
    /** Paths of incarnations that live and were not reported unstopped. */
    livePaths: () =>
      [...lives].flatMap(([path, mates]) =>
        mates.some(({ ctx }) => !isAbandoned(path, ctx.incarnation)) ? [path] : [],
      ),
    get timers() {
      return timers;
    },
    /** From here on everybody does well. Those that were left behind go. */
    calm() {
      isCalm = true;
      for (const mates of lives.values()) for (const life of [...mates]) if (life.ctx.signal.aborted) life.end();
    },
  };
}
