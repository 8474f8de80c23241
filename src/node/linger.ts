// linger: ends a connection so that the client gets all that was written to it.

import type { Socket } from "node:net";

const lookMs = 20;
/** A client that has been quiet for this long has seen the end, or does not look. */
const quietMs = 20;
/** The same for a client that owes the rest of a request. It may be busy, send on, and lose the answer to a reset. */
const quietOwingMs = 100;
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
    const begun = performance.now();
    let heardAt = begun;
    let read = socket.bytesRead;
    const timer = setInterval(() => {
      const now = performance.now();
      if (socket.bytesRead > read) heardAt = now;
      read = socket.bytesRead;
      const isQuiet = now - heardAt >= (isOwing ? quietOwingMs : quietMs);
      if (isQuiet || now - begun > patienceMs) socket.destroy();
    }, lookMs);
    socket.once("close", () => clearInterval(timer));
    socket.resume();
  });
}
