// A shop under faults: orders wait in a queue, and a worker ships them. exploreTree crashes and slows what it may, and
// finds the order that is lost.
//
//   npx tsx examples/21-explore-tree.ts

import { defineService, defineSupervisor } from "statevisor";
import { exploreTree } from "statevisor/testing";

/** The shop, anew for each life, and what the invariant looks at. */
function makeShop(isCareful: boolean) {
  const orders = { placed: 0, shipped: 0, waiting: [] as number[], inHand: 0 };

  const database = defineService({ name: "database", start: ({ sleep }) => sleep(200), stop: () => {} });
  const web = defineService({
    name: "web",
    dependsOn: [database],
    async run({ sleep }) {
      for (;;) {
        await sleep(1_000);
        orders.waiting.push(orders.placed++);
      }
    },
  });
  const worker = defineService({
    name: "worker",
    dependsOn: [database],
    async run({ sleep }) {
      orders.inHand = 0; // what the last incarnation had in hand, nobody has any more
      for (;;) {
        await sleep(100);
        const order = isCareful ? orders.waiting[0] : orders.waiting.shift();
        if (order === undefined) continue;
        if (!isCareful) orders.inHand = 1;
        await sleep(300);
        if (isCareful) orders.waiting.shift(); // off the queue only now
        orders.inHand = 0;
        orders.shipped++;
      }
    },
  });
  return { spec: defineSupervisor({ name: "shop", services: [database, web, worker] }), expose: orders };
}

for (const isCareful of [false, true]) {
  const report = await exploreTree(() => makeShop(isCareful), {
    faults: { "*": ["crash", "failStart", "slowStart"], worker: ["hangStop"] },
    maxFaults: 3,
    recoversWithinMs: 60_000,
    invariant: ({ expose: { placed, shipped, waiting, inHand } }) => {
      const lost = placed - shipped - waiting.length - inHand;
      if (lost > 0) throw new Error(`${lost} of ${placed} orders is lost`);
    },
  });
  console.log(`${report.story}\n`);
  if (!report.ok) console.log(`${report.script}\n`);
}
