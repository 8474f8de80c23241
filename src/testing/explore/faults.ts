// faults.ts: the faults that exploreTree plans: what each does, to which services it can happen, and how a story tells it.

import type { ChildSpec } from "../../index.ts";

/** The kinds of faults, the simplest first. */
export const faults = ["crash", "failStart", "slowStart", "hangStart", "hangStop", "sick", "complete"] as const;

/**
 * One kind of fault.
 *
 * - `crash`: the incarnation that is up, or coming up, fails at once.
 * - `failStart`: its next start fails before its code begins.
 * - `slowStart`: its next start takes longer, by `lastsMs`. For `start`, and `run` with `readyOn: "signal"`.
 * - `hangStart`: its next start hangs until it is asked to stop. For the same.
 * - `hangStop`: its next stop does nothing until its deadline has passed and the other faults are over. For `start` and `run`.
 * - `sick`: its checks fail for `lastsMs`. For services with a probe.
 * - `complete`: it returns by itself, after an end in good order. For `run`.
 */
export type Fault = (typeof faults)[number];

/** One fault of one service at one time. Plain data, to be printed and pasted. */
export interface PlannedFault {
  /** When, in milliseconds after the start of the tree. */
  readonly at: number;
  /** The service, from the root's name on. */
  readonly path: string;
  readonly fault: Fault;
  /** How long it lasts, in milliseconds: for `slowStart` and `sick`. */
  readonly lastsMs?: number;
}

interface FaultRow {
  /** Whether it can happen to a service. */
  readonly fits: (spec: ChildSpec) => boolean;
  /** What a definition needs for it. */
  readonly needs: string;
  readonly lasts: boolean;
  /** What it does, as a story tells it. */
  readonly tells: string;
}

const isService = (spec: ChildSpec) => spec.run !== undefined || spec.start !== undefined || spec.actor !== undefined;
const takesTime = ({ start, readyOn }: Partial<ChildSpec> & { readyOn?: unknown }) =>
  start !== undefined || readyOn === "signal";
const hasProbe = (spec: ChildSpec & { health?: unknown; readiness?: unknown; liveness?: unknown }) =>
  spec.health !== undefined || spec.readiness !== undefined || spec.liveness !== undefined;

export const faultTable = {
  crash: { fits: isService, needs: "code of its own", lasts: false, tells: "crashes" },
  failStart: { fits: isService, needs: "code of its own", lasts: false, tells: "will fail at its next start" },
  slowStart: {
    fits: (spec) => spec.actor === undefined && takesTime(spec),
    needs: 'start, or readyOn "signal"',
    lasts: true,
    tells: "will be slow at its next start",
  },
  hangStart: {
    fits: (spec) => spec.actor === undefined && takesTime(spec),
    needs: 'start, or readyOn "signal"',
    lasts: false,
    tells: "will hang at its next start",
  },
  hangStop: {
    fits: ({ start, run }) => start !== undefined || run !== undefined,
    needs: "run or start",
    lasts: false,
    tells: "will hang at its next stop",
  },
  sick: { fits: hasProbe, needs: "health, readiness or liveness", lasts: true, tells: "is sick" },
  complete: { fits: ({ run }) => run !== undefined, needs: "run", lasts: false, tells: "returns by itself" },
} as const satisfies Record<Fault, FaultRow>;
