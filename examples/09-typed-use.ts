// `use` gives a service the live value of a dependency, with the type of what that dependency's `start` returned.

import { createSupervisor, defineService } from "statevisor";

const database = defineService({
  name: "database",
  async start() {
    const births = new Map([["Ada", 1815]]);
    return {
      birthOf: (name: string) => births.get(name),
      close: () => births.clear(),
    };
  },
  stop: (connection) => connection.close(), // typed, too
});

const biographer = defineService({
  name: "biographer",
  restart: "never",
  dependsOn: [database],
  run({ use }) {
    const connection = use(database); // { birthOf(name: string): number | undefined; close(): void }
    console.log(`Ada was born in ${connection.birthOf("Ada")}.`);
    // @ts-expect-error: a name is a string
    connection.birthOf(1815);
  },
});

const careless = defineService({
  name: "careless",
  restart: "never",
  dependsOn: [{ service: biographer, condition: "completed" }], // and not on the database
  run: ({ use }) => use(database).birthOf("Ada"),
});

const supervisor = createSupervisor({ name: "library", services: [database, biographer, careless] });
supervisor.on("status", ({ to, exit }) => {
  if (to === "failed" && exit?.kind === "failed") console.log(`${exit.error.name}: ${exit.error.message}`);
});

await supervisor.start();
await supervisor.stop();
