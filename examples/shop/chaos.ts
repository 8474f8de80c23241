// Chaos: a service like the others, which breaks them now and then.

import { setTimeout as sleep } from "node:timers/promises";
import { defineService, type ServiceSpec } from "statevisor";

/** One way to break a service. */
export interface Attack {
  readonly what: string;
  /** Returns false when it finds nothing to break. */
  strike(): boolean;
}

export function createChaos(attacks: readonly Attack[], random: () => number, dependsOn: readonly ServiceSpec[]) {
  let bag: Attack[] = [];

  return defineService({
    name: "chaos",
    critical: false,
    dependsOn,
    async run({ signal, log }) {
      for (;;) {
        await sleep(1_000 + 2_000 * random(), undefined, { signal });
        if (bag.length === 0) bag = [...attacks]; // all attacks in random order, before any of them comes again
        const [attack] = bag.splice(Math.floor(random() * bag.length), 1);
        if (attack!.strike()) log.info({}, attack!.what);
      }
    },
  });
}
