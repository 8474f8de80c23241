// puppets.ts: the code of the services of a history: what each does by itself and on command, and which incarnations live.

import type { ServiceContext, ServiceSpec, SupervisorSpec } from "../../src/index.ts";
import type { SimulatedClock } from "../../src/testing/index.ts";
import type { Flag, Place } from "./commands.ts";
import type { ChildShape } from "./shape.ts";

interface Life {
  readonly ctx: ServiceContext;
  /** Whether its code may return: not if it has a `start`. */
  readonly mayComplete: boolean;
  /** Ends it: as failed, with an error. */
  end(error?: Error): void;
}

interface Stage {
  readonly clock: SimulatedClock;
  /** Whether an incarnation was reported unstopped. */
  isAbandoned(path: string, incarnation: number): boolean;
  /** Called at each place in the code of a service, before anything else happens there. */
  onPlace(place: Place, name: string): void;
  onBegin(ctx: ServiceContext): void;
  /** Takes a rule that was broken. */
  report(broken: string): void;
}

export function createPuppets({ clock, isAbandoned, onPlace, onBegin, report }: Stage) {
  const lives = new Map<string, Life[]>();
  const contexts = new Map<string, ServiceContext[]>();
  const flags = new Map<string, boolean>();
  let isCalm = false;
  let timers = 0;

  const isOn = (flag: Flag, name: string) => !isCalm && (flags.get(`${flag} ${name}`) ?? false);

  function sleep(ms: number): Promise<void> {
    timers++;
    return new Promise((resolve) =>
      clock.setTimeout(() => {
        timers--;
        resolve();
      }, ms),
    );
  }

  function begin(ctx: ServiceContext, mayComplete: boolean): { life: Promise<void>; end(error?: Error): void } {
    const mates = lives.get(ctx.path) ?? [];
    lives.set(ctx.path, mates);
    const others = mates.filter((one) => !isAbandoned(ctx.path, one.ctx.incarnation));
    if (others.length > 0) {
      report(`${ctx.path}: incarnation ${ctx.incarnation} begins beside ${others.map((one) => one.ctx.incarnation)}`);
    }
    onBegin(ctx);
    contexts.set(ctx.name, [ctx, ...(contexts.get(ctx.name) ?? [])]);
    let end!: (error?: Error) => void;
    const life = new Promise<void>((resolve, reject) => {
      const one: Life = {
        ctx,
        mayComplete,
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
    onPlace("begin", ctx.name);
    return { life, end };
  }

  /** How it answers a stop request: with an error, with the signal's reason, or well. */
  function answerOf({ name, signal }: ServiceContext): Error | undefined {
    if (isOn("brokenStop", name)) return new Error("broken stop");
    return isOn("aborts", name) ? (signal.reason as Error) : undefined;
  }

  function run(shape: ChildShape) {
    const goDown = async (ctx: ServiceContext, end: (error?: Error) => void) => {
      onPlace("stop", shape.name);
      if (isOn("deaf", shape.name)) return;
      if (shape.downMs! > 0) await sleep(shape.downMs!);
      end(answerOf(ctx));
    };
    const comeUp = async ({ ready }: ServiceContext) => {
      if (shape.upMs! > 0) await sleep(shape.upMs!);
      onPlace("up", shape.name);
      ready();
    };
    return (ctx: ServiceContext): unknown => {
      const { life, end } = begin(ctx, true);
      if (isOn("brokenStart", shape.name)) {
        end();
        throw new Error("broken start");
      }
      ctx.signal.addEventListener("abort", () => void goDown(ctx, end));
      if (shape.body === "signal" && !isOn("slow", shape.name)) void comeUp(ctx);
      return life;
    };
  }

  function startAndStop(shape: ChildShape) {
    return {
      async start(ctx: ServiceContext) {
        const { life, end } = begin(ctx, false);
        if (shape.upMs! > 0) await sleep(shape.upMs!);
        while (isOn("slow", shape.name) && !ctx.signal.aborted) await sleep(50);
        onPlace("up", shape.name);
        if (isOn("brokenStart", shape.name)) {
          end();
          throw new Error("broken start");
        }
        life.catch((error) => ctx.fail(error)); // a command made it fail while it is up
        return { ctx, life, end };
      },
      async stop(value: unknown) {
        const { ctx, life, end } = value as ReturnType<typeof begin> & { ctx: ServiceContext };
        onPlace("stop", shape.name);
        if (isOn("deaf", shape.name)) await life;
        if (shape.downMs! > 0) await sleep(shape.downMs!);
        const error = answerOf(ctx);
        end();
        if (error) throw error;
      },
    };
  }

  async function check({ name }: ChildShape): Promise<boolean> {
    onPlace("check", name);
    if (isOn("sick", name)) throw new Error("sick");
    return true;
  }

  function toSpec(shape: ChildShape): ServiceSpec | SupervisorSpec {
    const { body, upMs: _, downMs, decide, probe, services, restart, watchdogMs, ...options } = shape;
    const decideIt = () => {
      onPlace("decide", shape.name);
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
      ...(body === "start" ? startAndStop(shape) : { run: run(shape) }),
    } as ServiceSpec;
  }

  return {
    toSpec,
    set: (flag: Flag, name: string, on: boolean) => void flags.set(`${flag} ${name}`, on),
    /** The newest incarnation first. */
    contextsOf: (name: string): readonly ServiceContext[] => contexts.get(name) ?? [],
    /** The incarnations that live, the oldest first. */
    livesOf: (path: string): readonly Life[] => lives.get(path) ?? [],
    /** Paths of incarnations that live and were not reported unstopped. */
    livePaths: () =>
      [...lives].flatMap(([path, mates]) =>
        mates.some(({ ctx }) => !isAbandoned(path, ctx.incarnation)) ? [path] : [],
      ),
    get timers() {
      return timers;
    },
    /** From here on every service does well, and what was left behind ends. */
    calm() {
      isCalm = true;
      for (const mates of lives.values()) for (const life of [...mates]) if (life.ctx.signal.aborted) life.end();
    },
  };
}
