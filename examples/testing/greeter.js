// The service that is tested: a TCP server that greets. Its lifecycle is a matter of its own, so its tests are, too.

import { once } from "node:events";
import { createServer } from "node:net";

/** A new one for each path: what is made here lives no longer than its definition. */
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

/** How to make happen to it what it does not do by itself. `greeter()` is the newest one. */
export function createDriver(greeter) {
  return {
    crash: () => greeter().crash(),
    breakHealth: () => greeter().setPolite(false),
    restoreHealth: () => greeter().setPolite(true),
  };
}
