// Specs that compile, and specs that the compiler refuses, as createSupervisor does. `npm run check` reads this file.

import { fromPromise, setup } from "xstate";
import {
  createSupervisor,
  defineService,
  defineSupervisor,
  type ServiceContext,
  type ServiceSpec,
  type Supervisor,
} from "../../src/index.ts";

interface Pool {
  query(text: string): Promise<number>;
  end(): Promise<void>;
}
declare const pool: Pool;
declare const maybe: number | undefined;
declare const ctx: ServiceContext;
declare const supervisor: Supervisor;

/** Compiles only if the type of `value` is exactly `Expected`. */
function exactly<Expected>() {
  return <Given>(_value: Given, ..._proof: Same<Given, Expected> extends true ? [] : [never]): void => {};
}
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

// One of four bodies.
export const bodies: ServiceSpec[] = [
  { name: "a", run: () => {} },
  { name: "a", run: () => {}, readyOn: "signal" },
  { name: "a", start: () => 1, stop: () => {} },
  { name: "a", actor: fromPromise(async () => 1), readyOn: "signal" },
];
// @ts-expect-error a service without a body
export const none: ServiceSpec = { name: "a" };
// @ts-expect-error two bodies
export const two: ServiceSpec = { name: "a", run: () => {}, start: () => 1 };
// @ts-expect-error stop goes only with start
export const stopOfRun: ServiceSpec = { name: "a", run: () => {}, stop: () => {} };
// @ts-expect-error a start is ready when it resolves
export const readyOnOfStart: ServiceSpec = { name: "a", start: () => 1, readyOn: "signal" };
// @ts-expect-error input goes only with actor
export const inputOfRun: ServiceSpec = { name: "a", run: () => {}, input: 1 };
// @ts-expect-error a supervisor has no body beside its services
defineSupervisor({ name: "a", services: [], run: () => {} });
// @ts-expect-error a typing error
export const typo: ServiceSpec = { name: "a", run: () => {}, stopTimeoutMS: 1 };

// The value of a service.
const database = defineService({
  name: "database",
  start: async () => pool,
  stop: (value) => value.end(),
  health: ({ value }) => value.query("select 1"),
});
exactly<Pool>()(ctx.use(database));
exactly<number>()(ctx.use(defineService({ name: "n", start: () => 1 })));
const announced = defineService<{ url: string }>({
  name: "announced",
  run: ({ ready }) => ready({ url: "http://127.0.0.1" }),
  readyOn: "signal",
});
exactly<{ url: string }>()(ctx.use(announced));
// @ts-expect-error not the value that it is declared to have
defineService<{ url: string }>({ name: "a", run: ({ ready }) => ready({ ulr: "http://127.0.0.1" }) });
const lamp = setup({ types: {} as { input: { on: boolean } } }).createMachine({});
const light = defineService({ name: "light", actor: lamp, input: { on: true } });
exactly<boolean>()(
  ctx
    .use(light)
    .getSnapshot()
    .matches({} as never),
);
// @ts-expect-error not the input that the machine takes
defineService({ name: "light", actor: lamp, input: { on: 1 } });

// Inline, without a helper, and with undefined for whatever may be left out.
createSupervisor({
  name: "app",
  strategy: maybe === undefined ? undefined : "one-for-all",
  services: [
    { name: "a", run: async ({ signal }) => signal.aborted, watchdogMs: maybe, restart: { maxRetries: maybe } },
    { name: "b", start: async () => pool, dependsOn: ["a", { service: "a", condition: undefined }] },
    { name: "c", run: () => {}, readiness: { check: () => true, intervalMs: maybe }, liveness: undefined },
    { name: "sub", services: [database, light], intensity: undefined },
  ],
});

// Statuses and updates narrow, and what is given out is readonly.
const status = supervisor.status("a");
if (status.kind === "supervisor") exactly<number>()(status.services.length);
// @ts-expect-error readonly
status.state = "running";
supervisor.on("status", (update) => {
  if (update.to === "backoff") exactly<number>()(update.delayMs);
  // @ts-expect-error readonly
  update.seq = 5;
});
// @ts-expect-error not a state
export const isOdd = status.state === "paused";
// @ts-expect-error readonly
supervisor.describe().name = "b";
