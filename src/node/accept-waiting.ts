// acceptWaiting: waits until a server has accepted every client that the machine has accepted for it.

import { connect, type Server, type Socket } from "node:net";
import { polled } from "./after-poll.ts";

/** Another process that listens at the same port may get the connection that is waited for. */
const patienceMs = 2_000;
/** How long clients that come meanwhile are accepted, too. */
const extraMs = 100;

/**
 * The connections that wait when a server closes are reset. Node accepts one in each turn of its event loop, so that some
 * may wait for long on a busy machine. They are accepted in their order: once a connection of our own has come through,
 * all that came before have. A connection at a unix socket cannot be recognised, and Bun reports none before its first
 * byte: there, the server waits for a turn that brings no client.
 */
export async function acceptWaiting(server: Server): Promise<void> {
  let accepted = 0;
  const count = () => void accepted++;
  server.on("connection", count);
  await ownConnection(server);
  const patient = performance.now() + extraMs;
  for (let before = -1; accepted > before && performance.now() < patient; ) {
    before = accepted;
    await polled();
  }
  server.off("connection", count);
}

function ownConnection(server: Server): Promise<void> {
  const address = server.address();
  if (address === null || typeof address === "string" || process.versions.bun !== undefined) return polled();
  const reachable = { "0.0.0.0": "127.0.0.1", "::": "::1" }[address.address] ?? address.address;
  return new Promise((resolve) => {
    const own = connect(address.port, reachable);
    const ports = new Set<number | undefined>();
    const look = () => {
      if (own.localPort !== undefined && ports.has(own.localPort)) end();
    };
    const onConnection = (socket: Socket) => {
      ports.add(socket.remotePort);
      look();
    };
    const end = () => {
      clearTimeout(timer);
      server.off("connection", onConnection);
      own.destroy();
      resolve();
    };
    const timer = setTimeout(end, patienceMs);
    server.on("connection", onConnection);
    own.once("connect", look).on("error", end).once("close", end);
  });
}
