// A network of namespaces: a bridge, one namespace for each node and each server. A cut is a neighbour entry with a wrong
// address: packets are lost silently, for one pair, one way or both, and nothing reports it.

import { execFileSync } from "node:child_process";

const wrongAddress = "02:00:00:00:00:ff";
/** Of the namespace of the test itself, on the bridge. */
export const ownAddress = "10.77.0.1";

const ip = (...args: string[]) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });

export class Network {
  readonly #addresses = new Map<string, string>();
  readonly #cuts = new Set<string>();

  /** Makes the bridge. The process must be in a network namespace of its own. */
  constructor() {
    ip("link", "set", "lo", "up");
    ip("link", "add", "br0", "type", "bridge");
    ip("addr", "add", `${ownAddress}/24`, "dev", "br0");
    ip("link", "set", "br0", "up");
  }

  /** Adds a namespace of this name, with an address on the bridge. */
  add(name: string): void {
    const number = this.#addresses.size + 10;
    const address = `10.77.0.${number}`;
    ip("netns", "add", name);
    ip("link", "add", `v${name}`, "type", "veth", "peer", "name", "eth0", "netns", name);
    ip("link", "set", `v${name}`, "master", "br0", "up");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "addr", "add", `${address}/24`, "dev", "eth0");
    ip("-n", name, "link", "set", "eth0", "up");
    this.#addresses.set(name, address);
  }

  addressOf(name: string): string {
    return this.#addresses.get(name)!;
  }

  /** What stands before a command that runs in a namespace. */
  readonly prefix = (name: string): readonly string[] => ["ip", "netns", "exec", name];

  /** What `from` sends to `to` is lost. */
  lose(from: string, to: string): void {
    this.#cuts.add(`${from} ${to}`);
    ip("-n", from, "neigh", "replace", this.addressOf(to), "lladdr", wrongAddress, "dev", "eth0", "nud", "permanent");
  }

  cut(one: string, other: string): void {
    this.lose(one, other);
    this.lose(other, one);
  }

  heal(): void {
    for (const cut of this.#cuts) {
      const [from, to] = cut.split(" ");
      ip("-n", from!, "neigh", "del", this.addressOf(to!), "dev", "eth0");
    }
    this.#cuts.clear();
  }
}
