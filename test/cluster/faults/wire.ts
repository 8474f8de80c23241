// A wire between a node and its engine that can be cut, one way or both, and made slow. Bytes that are held back are delivered
// when it is whole again, as TCP does.

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

interface Wire {
  /** Milliseconds that each piece of bytes is held back. */
  delayMs: number;
  isToServerCut: boolean;
  isToClientCut: boolean;
}

export interface WireOfNode {
  readonly port: number;
  readonly wire: Wire;
  heal(): void;
  close(): Promise<void>;
}

const whole = (): Wire => ({ delayMs: 0, isToServerCut: false, isToClientCut: false });

export async function startWire(target: number): Promise<WireOfNode> {
  const wire = whole();
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  const carry = (from: Socket, to: Socket, isCut: () => boolean) => {
    let last = Promise.resolve();
    const inTurn = (act: () => void) => {
      const ready = new Promise<void>((resolve) => {
        if (isCut()) held.push(resolve);
        else setTimeout(resolve, wire.delayMs);
      });
      last = last.then(() => ready).then(act);
    };
    from.on("data", (bytes) => inTurn(() => void (to.destroyed || to.write(bytes))));
    from.on("end", () => inTurn(() => void to.end()));
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      // The other end hears of it as of everything else: not through a cut.
      inTurn(() => void to.destroy());
    });
    sockets.add(from);
  };
  const server: Server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    carry(client, upstream, () => wire.isToServerCut);
    carry(upstream, client, () => wire.isToClientCut);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as { port: number }).port,
    wire,
    heal() {
      Object.assign(wire, whole());
      for (const release of held.splice(0)) release();
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
