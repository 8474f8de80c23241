// A program with an inspector, as a process.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

it("ends when its tree has stopped, though a viewer is connected", { timeout: 30_000 }, async () => {
  const child = spawn(process.execPath, ["--import", "tsx", "test/fixtures/watched-tree.ts"], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  const url = new URL(line.trim());
  const socket = connect(Number(url.port), "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`GET /events HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${url.hash.slice(7)}\r\n\r\n`);
  await once(socket, "data");
  child.stdin.write("stop\n");
  expect(await ended).toEqual([0, null]);
  socket.destroy();
});
