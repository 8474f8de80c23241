// One service under a supervisor: it fails, it is started again, and at the end it is stopped.
//
//   npx tsx examples/01-one-service.ts

import { setTimeout as sleep } from "node:timers/promises";
import { createSupervisor, defineService } from "statevisor";

const letters = ["Ada", "Barbara", "Grace"];
const quit = new AbortController(); // in a program of your own, Ctrl-C would abort it

const mailer = defineService({
  name: "mailer",
  restart: { initialBackoffMs: 50 }, // the wait before a restart; it doubles with every failure in a row
  async run({ incarnation, signal }) {
    for (;;) {
      await sleep(20, undefined, { signal }); // rejects when the service is asked to stop, and so ends it
      if (letters[0] === "Barbara" && incarnation === 1) throw new Error("the line went dead");
      console.log(`  a letter to ${letters.shift()}, sent by incarnation ${incarnation}`);
      if (letters.length === 0) quit.abort();
    }
  },
});

const supervisor = createSupervisor({ name: "my-app", services: [mailer] });

supervisor.on("status", ({ path, from, to, exit }) => {
  const why = exit?.kind === "failed" ? ` (${exit.error.message})` : "";
  if (from !== to) console.log(`${path}: ${from} -> ${to}${why}`);
});

await supervisor.run({ signal: quit.signal }); // starts the tree, waits for the signal, stops the tree in order
