// The work that is done once, before the shop opens: the tables, then the products. Both services complete, and do not
// run again when the database restarts. They are `critical`, because the shop must not open without them.

import { defineService, type ServiceSpec } from "statevisor";
import type { Connection } from "./connection.ts";

const tables = [
  "create table if not exists products (id int primary key, name text not null, price numeric not null)",
  `create table if not exists orders (
    id text primary key,
    product_id int not null references products,
    placed_at timestamptz not null default now(),
    fulfilled_at timestamptz
  )`,
  // Without a key that would keep an order from being shipped twice: the audit must be able to see that.
  "create table if not exists shipments (order_id text not null references orders)",
];

export function createMigration(database: ServiceSpec<Connection>) {
  return defineService({
    name: "migration",
    restart: "never",
    critical: true,
    dependsOn: [database],
    async run({ use }) {
      for (const table of tables) await use(database).query(table);
    },
  });
}

export function createAssortment(database: ServiceSpec<Connection>, migration: ServiceSpec) {
  return defineService({
    name: "assortment",
    restart: "never",
    critical: true,
    dependsOn: [database, { service: migration, condition: "completed" }],
    async run({ use }) {
      await use(database).query(
        `insert into products values (1, 'teapot', 30), (2, 'cup', 8), (3, 'tea', 12) on conflict do nothing`,
      );
    },
  });
}
