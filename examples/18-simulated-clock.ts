// A tree under test: time moves only when the test says so, and a scripted service fails on demand.
//
//   npx tsx examples/18-simulated-clock.ts

import { createSupervisor } from "statevisor";
import { createScriptedService, createSimulatedClock, recordUpdates } from "statevisor/testing";

const clock = createSimulatedClock();
const database = createScriptedService("database");
const services = [database.spec];

const supervisor = createSupervisor({ name: "app", services }, { clock, random: () => 0.5 }); // 0.5: jitter adds nothing
const record = recordUpdates(supervisor);

await supervisor.start();
database.fail(new Error("connection lost"));
await clock.advance(999);
console.log("after 999 ms:", supervisor.status("database").state);
await clock.advance(1);
console.log("after one more:", supervisor.status("database").state);

database.ignoreStop();
const stopped = supervisor.stop().catch((error) => console.log(error.code, "of", error.errors[0].path));
await clock.advance(10_000); // the stop deadline of a service; no real time passes
await stopped;

console.log(record.states("database").join(", "));
