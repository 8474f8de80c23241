// The service under test: a TCP server that greets.

import { once } from "node:events";
import { createServer } from "node:net";

/** A new greeter for each path: nothing of one path reaches the next. */
export function createGreeter() {
  let server = null;
  let isPolite = true;

  const service = {
    name: "greeter",
    async start({ fail }) {
      server = createServer((socket) => socket.end(isPolite ? "hello" : "go away"));
      server.on("error", fail);
      await once(server.listen(0, "127.0.0.1"), "listening");
      return server;
    },
    stop: (closing) => new Promise((resolve) => closing.close(resolve)),
    readiness: () => isPolite,
  };

  return {
    service,
    crash: () => server.emit("error", new Error("the network is gone")),
    setPolite(polite) {
      isPolite = polite;
    },
  };
}

/** How a test makes a greeter crash and lose its health. `greeter()` returns the newest one. */
export function createDriver(greeter) {
  return {
    crash: () => greeter().crash(),
    breakHealth: () => greeter().setPolite(false),
    restoreHealth: () => greeter().setPolite(true),
  };
}
