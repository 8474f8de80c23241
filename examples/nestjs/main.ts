// NestJS as a service of a tree: its modules resolve values of other services through `supervisor.use`.
//
//   npx tsx --tsconfig examples/nestjs/tsconfig.json examples/nestjs/main.ts        (the decorators of Nest need the tsconfig)
//
//   app
//   ├── database    what the controller asks
//   ├── api         the Nest application, after the database
//   └── visitor     asks the API, replaces the database, asks again; its end is the end of the tree

import "reflect-metadata";
import { Controller, Get, Inject, Module, type OnApplicationShutdown, Param } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { createSupervisor, defineService } from "statevisor";

let opened = 0;
const database = defineService({
  name: "database",
  start: () => {
    const connection = ++opened;
    return { find: (name: string) => ({ hello: name, connection }) };
  },
  stop: () => console.log("database: closes"),
});

/** The token of a function that gives the database of this moment, also after it was restarted. */
const DATABASE = Symbol("database");

@Controller()
class Greetings implements OnApplicationShutdown {
  readonly #database: () => { find(name: string): object };

  constructor(@Inject(DATABASE) live: () => { find(name: string): object }) {
    this.#database = live;
  }

  @Get("hello/:name")
  hello(@Param("name") name: string) {
    return this.#database().find(name);
  }

  onApplicationShutdown() {
    console.log("api: closes");
  }
}

@Module({
  controllers: [Greetings],
  providers: [{ provide: DATABASE, useValue: () => supervisor.use(database) }],
})
class AppModule {}

const api = defineService({
  name: "api",
  dependsOn: [database],
  async start() {
    const app = await NestFactory.create(AppModule, { logger: ["error"], abortOnError: false }); // an error fails the service
    await app.listen(0, "127.0.0.1");
    return { app, url: await app.getUrl() };
  },
  stop: ({ app }) => app.close(), // runs the shutdown hooks of Nest; the tree listens to the signals
});

const visitor = defineService({
  name: "visitor",
  dependsOn: [api],
  significant: true,
  async run({ use }) {
    const visit = async () => console.log(await (await fetch(`${use(api).url}/hello/ada`)).text());
    await visit();
    await supervisor.restartService("database");
    await visit();
  },
});

const supervisor = createSupervisor({
  name: "app",
  autoShutdown: "any-significant",
  services: [database, api, visitor],
});
await supervisor.run();
