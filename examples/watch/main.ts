// A program that restarts cleanly at each change of its files: no process and no port is left behind.
//
//   npx tsx watch examples/watch/main.ts
//
// `tsx watch` sends SIGTERM and waits for the end before it starts the program anew, so the tree stops in order; the
// port is free again by then, and the child process is gone. The command does the same for programs by `up --watch`.

import { createSupervisor } from "statevisor";
import { defineHttpServer, defineProcess, runUntilSignal } from "statevisor/node";
import { greeting } from "./greeting.ts"; // change it while the program runs

const ticker = defineProcess({
  name: "ticker",
  command: [process.execPath, "-e", "setInterval(() => {}, 1000)"],
});

const web = defineHttpServer({
  name: "web",
  dependsOn: [ticker],
  port: Number(process.env.PORT ?? 3000),
  createListener: ({ use }) => {
    const { pid } = use(ticker);
    return () => Response.json({ greeting, ticker: pid });
  },
});

const supervisor = createSupervisor({ name: "app", services: [ticker, web] });
process.exit(await runUntilSignal(supervisor));
