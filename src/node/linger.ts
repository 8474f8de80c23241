// linger: ends a connection so that the client gets all that was written to it.

import type { Socket } from "node:net";

/** A client that has been quiet for this long has seen the end, or does not look. */
const quietMs = 20;
/** The same for a client that owes the rest of a request. It may be busy, send on, and lose the answer to a reset. */
const quietOwingMs = 200;
/** A client that goes on sending is read for this long. */
const patienceMs = 1_000;

const lingering = new WeakSet<Socket>();

/**
 * Ends the write side, and reads on until the client ends its side, is quiet, or has sent for a second. To destroy a
 * connection on which something is unread resets it, and the client may lose an answer that it has not read yet.
 */
export function linger(socket: Socket, isOwing: boolean): void {
  if (socket.destroyed || lingering.has(socket)) return;
  lingering.add(socket);
  socket.end(() => {
    const patient = performance.now() + patienceMs;
    let read = socket.bytesRead;
    const timer = setInterval(
      () => {
        if (socket.bytesRead === read || performance.now() > patient) socket.destroy();
        read = socket.bytesRead;
      },
      isOwing ? quietOwingMs : quietMs,
    );
    socket.once("close", () => clearInterval(timer));
    socket.resume();
  });
}
