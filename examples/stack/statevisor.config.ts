// A stack on one machine: PostgreSQL, Redis, nginx, and an API that needs all three.
//
//   npx statevisor up -c examples/stack/statevisor.config.ts
//   curl http://127.0.0.1:8480/          (STACK_PORT is nginx's; the others take the ports after it)
//
//   stack
//   ├── folders     makes the folders and nginx's config, and completes
//   ├── initdb      after folders; completes
//   ├── postgres    after initdb
//   ├── redis       after folders
//   ├── nginx       after folders
//   └── api         when postgres, redis and nginx are healthy; restarts when one of them went down

import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineService, defineSupervisor } from "statevisor";
import { defineProcess, execProbe, httpProbe } from "statevisor/node";
import { findPostgres, prepare, unprivilegedUser } from "./prepare.ts";

const port = Number(process.env.STACK_PORT ?? 8480);
const ports = { nginx: port, postgres: port + 1, redis: port + 2, api: port + 3 };
const folder = process.env.STACK_FOLDER ?? join(tmpdir(), "statevisor-stack");
const data = join(folder, "postgres");

const bin = findPostgres();
// PostgreSQL refuses to run as root.
const user = unprivilegedUser();

const folders = defineService({ name: "folders", run: () => prepare(folder, ports, user) });

const initdb = defineProcess({
  name: "initdb",
  // An existing database is kept.
  command: `test -f ${data}/PG_VERSION || ${bin}initdb --pgdata=${data} --username=stack --auth=trust --no-sync`,
  shell: true,
  ...user,
  dependsOn: [{ service: folders, condition: "completed" }],
});

const postgres = defineProcess({
  name: "postgres",
  command: [`${bin}postgres`, "-D", data, "-p", String(ports.postgres), "-h", "127.0.0.1", "-k", data],
  ...user,
  stopSignal: "SIGINT", // its "fast" shutdown: SIGTERM would wait for every client
  dependsOn: [{ service: initdb, condition: "completed" }],
  health: execProbe([`${bin}pg_isready`, "-U", "stack", "-h", "127.0.0.1", "-p", String(ports.postgres)]),
  restart: { maxRetries: 20, initialBackoffMs: 200, maxBackoffMs: 2_000 },
});

const redis = defineProcess({
  name: "redis",
  command: ["redis-server", "--port", String(ports.redis), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
  readyOn: /Ready to accept connections/,
  dependsOn: [{ service: folders, condition: "completed" }],
  health: execProbe(["redis-cli", "-p", String(ports.redis), "ping"]),
  restart: { initialBackoffMs: 200 },
});

const nginx = defineProcess({
  name: "nginx",
  command: ["nginx", "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"],
  stopSignal: "SIGQUIT", // requests in flight are finished
  dependsOn: [{ service: folders, condition: "completed" }],
  health: httpProbe(`http://127.0.0.1:${ports.nginx}/greeting.txt`),
  restart: { initialBackoffMs: 200 },
});

const api = defineProcess({
  name: "api",
  command: [process.execPath, join(import.meta.dirname, "api.mjs")],
  env: {
    PORT: String(ports.api),
    POSTGRES_URL: `postgres://stack@127.0.0.1:${ports.postgres}/postgres`,
    REDIS_URL: `redis://127.0.0.1:${ports.redis}`,
    GREETING_URL: `http://127.0.0.1:${ports.nginx}/greeting.txt`,
  },
  readyOn: "signal",
  dependsOn: [postgres, redis, nginx].map((service) => ({ service, onFailure: "restart" as const })),
  health: httpProbe(`http://127.0.0.1:${ports.api}/health`),
  restart: { initialBackoffMs: 200 },
});

export default defineSupervisor({ name: "stack", services: [folders, initdb, postgres, redis, nginx, api] });
