// Programs as services: ready when they say so, restarted when they die, and none left at the end.

import { EventEmitter, once } from "node:events";
import { createSupervisor } from "statevisor";
import { defineProcess, ProcessError } from "statevisor/node";

const node = process.execPath;

const migrate = defineProcess({
  name: "migrate",
  command: [node, "-e", "console.log('3 tables created')"], // exit code 0: completed
  onLine: (line) => console.log(`  migrate | ${line}`),
});

let pid = 0;

const web = defineProcess({
  name: "web",
  command: [
    node,
    "-e",
    `const server = require("node:http").createServer((_, response) => response.end());
     server.listen(0, "127.0.0.1", () => console.log("listening"));
     process.on("SIGTERM", () => server.close(() => console.log("closed")));`,
  ],
  dependsOn: [{ service: migrate, condition: "completed" }],
  readyOn: /^listening/, // a line of its output; or "signal": process.send("ready")
  restart: { initialBackoffMs: 20 },
  health: ({ value }) => {
    pid = value.pid;
  },
  onLine: (line) => console.log(`  web | ${line}`),
});

const report = defineProcess({
  name: "report",
  command: [node, "-e", "console.error('the disk is full'); process.exit(3)"],
  dependsOn: [web],
  restart: "never",
});

const supervisor = createSupervisor({ name: "app", services: [migrate, web, report] });

const milestones = new EventEmitter();

supervisor.on("status", ({ path, to, incarnation, exit }) => {
  if (exit?.kind === "failed" && exit.error instanceof ProcessError) {
    const { exitCode, signal, output } = exit.error;
    console.log(`${path} failed: ${signal ?? `exit code ${exitCode}`}; it said last: ${output.at(-1)}`);
  }
  if (path === "app/report" && to === "failed") milestones.emit("reported");
  if (path === "app/web" && to === "running" && incarnation === 2) milestones.emit("restarted");
});

const reported = once(milestones, "reported");
await supervisor.start();
await reported;

console.log("kill -9");
process.kill(pid, "SIGKILL");
await once(milestones, "restarted");

console.log("stop");
await supervisor.stop(); // SIGTERM to the process group; SIGKILL after stopTimeoutMs
console.log(`web: ${supervisor.status("web").exit}, restarts: ${supervisor.status("web").restarts}`);
