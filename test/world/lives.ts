// lives.ts: the incarnations of a world's services whose code runs: at most one of each service, beside those left behind.

import type { ServiceContext } from "../../src/index.ts";

export interface Life {
  readonly ctx: ServiceContext;
  /** Ends it by itself as completed, if code of its kind can. */
  complete(): void;
  /** Ends it by itself as failed. */
  fail(error: Error): void;
  /** Makes its code end, with an error if one is given. */
  end(error?: Error): void;
}

/** One life as its own code sees it. */
export interface Begun {
  /** Settles when its code is to end. */
  readonly over: Promise<void>;
  /** Its code is over. */
  end(error?: Error): void;
}

export class Lives {
  readonly #lives = new Map<string, Life[]>();
  readonly #contexts = new Map<string, ServiceContext[]>();
  readonly #isAbandoned: (path: string, incarnation: number) => boolean;
  readonly #report: (broken: string) => void;

  constructor(isAbandoned: (path: string, incarnation: number) => boolean, report: (broken: string) => void) {
    this.#isAbandoned = isAbandoned;
    this.#report = report;
  }

  /** `endsItself`: its code can return or throw before it is asked to stop. If not, it fails by `ctx.fail`. */
  begin(ctx: ServiceContext, endsItself: boolean): Begun {
    const mates = this.#lives.get(ctx.path) ?? [];
    this.#lives.set(ctx.path, mates);
    const others = mates.filter((one) => !this.#isAbandoned(ctx.path, one.ctx.incarnation));
    if (others.length > 0) {
      const beside = others.map((one) => one.ctx.incarnation);
      this.#report(`${ctx.path}: incarnation ${ctx.incarnation} begins beside ${beside}`);
    }
    this.#contexts.set(ctx.name, [ctx, ...(this.#contexts.get(ctx.name) ?? [])]);
    let settle!: (error?: Error) => void;
    const over = new Promise<void>((resolve, reject) => {
      settle = (error) => (error ? reject(error) : resolve());
    });
    over.catch(() => {});
    const end = (error?: Error) => {
      const index = mates.indexOf(life);
      if (index < 0) return;
      mates.splice(index, 1);
      settle(error);
    };
    const life: Life = {
      ctx,
      // Code that does not end itself takes itself down first.
      end: endsItself ? end : settle,
      complete: () => endsItself && end(),
      fail: (error) => (endsItself ? end(error) : ctx.fail(error)),
    };
    mates.push(life);
    return { over, end };
  }

  /** The incarnations of a name, the newest first. */
  contextsOf(name: string): readonly ServiceContext[] {
    return this.#contexts.get(name) ?? [];
  }

  /** The incarnations of a path that live, the oldest first. */
  of(path: string): readonly Life[] {
    return this.#lives.get(path) ?? [];
  }

  isAlive(name: string): boolean {
    return this.all.some(({ ctx }) => ctx.name === name);
  }

  /** Whether one lives that was asked to stop. */
  isLate(name: string): boolean {
    return this.all.some(({ ctx }) => ctx.name === name && ctx.signal.aborted);
  }

  get all(): Life[] {
    return [...this.#lives.values()].flat();
  }

  /** Paths of incarnations that live and were not reported unstopped. */
  get paths(): string[] {
    return [...this.#lives].flatMap(([path, mates]) =>
      mates.some(({ ctx }) => !this.#isAbandoned(path, ctx.incarnation)) ? [path] : [],
    );
  }
}
