// drain.mjs: stops and starts a server again and again under every kind of client, and proves that a stop loses nothing.
//
//   node test/soak/drain.mjs [--rounds 100] [--server node|express|fastify|hono] [--slack 250]
//
// Needs the built package. Prints a line for each server, and exits with 1 where a promise was broken.

import { fork } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createSupervisor } from "statevisor";
import { defineHttpServer } from "statevisor/node";
import { WebSocketServer } from "ws";
import { bigSize, servers } from "./drain-servers.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    server: { type: "string", multiple: true },
    slack: { type: "string", default: "250" },
  },
});
const rounds = Number(values.rounds);
const now = () => performance.timeOrigin + performance.now();
/** A request that was sent this long before the stop has been received by the machine. */
const sentBeforeMs = 2;
/** How much longer than the slowest answer a stop may take, on a machine that is busy with the clients. */
const slackMs = Number(values.slack);
const stopTimeoutMs = 10_000;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function createTree(name, port, seen) {
  const web = defineHttpServer({
    name: "web",
    port,
    stopTimeoutMs,
    createListener: (ctx) => servers[name](seen, ctx),
  });
  /** Stopped before the server, as everything that depends on it. */
  const sockets = {
    name: "sockets",
    dependsOn: [web],
    start({ use, signal }) {
      const { server } = use(web);
      const echo = new WebSocketServer({ server });
      const dismiss = (socket) => socket.close(1001, "going away");
      echo.on("connection", (socket) => {
        socket.on("message", (data) => socket.send(data));
        if (signal.aborted) dismiss(socket);
      });
      signal.addEventListener("abort", () => echo.clients.forEach(dismiss));
      return { echo };
    },
    async stop({ echo }) {
      while (echo.clients.size > 0) await sleep(2);
      echo.close();
    },
  };
  return createSupervisor({ name: "soak", services: [web, sockets] });
}

/** What became of the requests of one round. Each broken promise is a line. */
function judge(records, seen, startedAt, stopAt, stoppedAt) {
  const broken = [];
  const answered = records.filter(({ outcome }) => outcome === "answered");
  for (const record of records) {
    const { id, kind, outcome, connectAt, begunAt, sentAt } = record;
    if (outcome === "answered") continue;
    const when = `begun ${(begunAt - stopAt).toFixed(1)} ms, sent ${sentAt === null ? "never" : `${(sentAt - stopAt).toFixed(1)} ms`} after the stop`;
    // A busy client notices late that the server of the round before has closed its connection.
    if (connectAt < startedAt && outcome.startsWith("lost") && !seen.has(id)) continue;
    const begunInTime = kind === "slowSender" && begunAt < stopAt - 20;
    const sentInTime = sentAt !== null && sentAt < stopAt - sentBeforeMs;
    if (!/^(lost|told)/.test(outcome)) broken.push(`${id}: ${outcome}; ${when}`);
    else if (seen.has(id)) broken.push(`${id}: received and not answered, ${outcome}; ${when}`);
    else if (sentInTime || begunInTime)
      broken.push(`${id}: sent before the stop and not answered, ${outcome}; ${when}`);
  }
  // A slow reader may still be reading what the server has handed to the machine.
  const lastEnd = Math.max(stopAt, ...answered.map(({ endAt }) => endAt));
  const excess = Math.max(0, stoppedAt - lastEnd);
  if (excess > slackMs) broken.push(`the stop took ${excess.toFixed(0)} ms longer than the slowest answer`);
  const lost = records.filter(({ outcome }) => outcome.startsWith("lost"));
  return {
    broken,
    answered: answered.length,
    lost,
    excess,
    begun: answered.filter(({ begunAt, endAt }) => begunAt < stopAt && endAt > stopAt).length,
  };
}

async function soak(name) {
  const port = await freePort();
  const clients = fork(fileURLToPath(new URL("drain-clients.mjs", import.meta.url)), [String(port), String(bigSize)]);
  const total = { answered: 0, inFlight: 0, lost: 0, reset: 0, stopMs: [], excessMs: [], broken: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      const seen = new Set();
      const supervisor = createTree(name, port, (id) => seen.add(id));
      const startedAt = now();
      await supervisor.start();
      await sleep(150 + Math.random() * 250);
      let stopAt;
      supervisor.on("status", ({ path, to }) => {
        if (path === "soak/web" && to === "stopping") stopAt = now();
      });
      await supervisor.stop();
      const stoppedAt = now();
      const records = await new Promise((resolve) => {
        clients.once("message", resolve);
        clients.send("report");
      });
      const { broken, answered, begun, lost, excess } = judge(records, seen, startedAt, stopAt, stoppedAt);
      total.answered += answered;
      total.inFlight += begun;
      total.lost += lost.length;
      total.reset += lost.filter(({ outcome }) => /RESET|EPIPE/.test(outcome)).length;
      total.stopMs.push(stoppedAt - stopAt);
      total.excessMs.push(excess);
      total.broken.push(...broken.map((line) => `round ${round}: ${line}`));
    }
  } finally {
    clients.disconnect();
  }
  return total;
}

const at = (values, share) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)].toFixed(0);
let isBroken = false;
for (const name of values.server ?? Object.keys(servers)) {
  const { answered, inFlight, lost, reset, stopMs, excessMs, broken } = await soak(name);
  console.log(
    `${name}: ${rounds} stops, ${answered} requests answered, ${inFlight} of them in flight at a stop; ` +
      `${lost} came too late (${reset} reset); a stop took ${at(stopMs, 0.5)} ms, at most ${at(stopMs, 1)}, ` +
      `beyond the slowest answer ${at(excessMs, 0.5)} ms, at most ${at(excessMs, 1)}; ${broken.length} promises broken`,
  );
  for (const line of broken.slice(0, 20)) console.log(`  ${line}`);
  if (broken.length > 0) isBroken = true;
}
process.exit(isBroken ? 1 : 0);
