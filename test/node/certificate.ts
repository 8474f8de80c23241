// Self-signed certificates for 127.0.0.1 and localhost, good for tests and for nothing else.

import { readFileSync } from "node:fs";

export interface Certificate {
  readonly name: string;
  readonly key: string;
  readonly cert: string;
}

const read = (file: string) => readFileSync(new URL(`../fixtures/node/tls/${file}.pem`, import.meta.url), "utf8");
const load = (name: string): Certificate => ({ name, key: read(`${name}.key`), cert: read(`${name}.cert`) });

export const first = load("first");
export const second = load("second");
