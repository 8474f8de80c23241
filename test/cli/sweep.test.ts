// What killed runs of other projects left in the runtime folder is removed, unless it is still needed.

import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { lockProject } from "../../src/cli/control/project-lock.ts";
import { makePlace } from "../../src/cli/control/runtime-folder.ts";
import { sweep } from "../../src/cli/control/sweep.ts";
import { temporaryFolder } from "../node/temporary-folder.ts";

const own = "/own/statevisor.config.yaml";

beforeEach(() => {
  vi.stubEnv("STATEVISOR_RUNTIME_DIR", temporaryFolder());
  return () => vi.unstubAllEnvs();
});

/** What a run of another project leaves when it is killed. Returns which of its files are there. */
function leave(file: string, mark: string): () => boolean[] {
  const place = makePlace(file);
  writeFileSync(place.socket, "");
  writeFileSync(place.output, "");
  writeFileSync(place.owner, JSON.stringify({ pid: process.pid, file, startedAt: 1, marks: [mark] }));
  return () => [place.socket, place.owner, place.output].map((path) => existsSync(path));
}

it("the socket and the record of a run that has gone are removed, its output is kept", async () => {
  const left = leave("/other/statevisor.config.yaml", "a mark that nothing carries");
  await sweep(makePlace(own));
  expect(left()).toEqual([false, false, true]);
});

it("a run that lives keeps what it has, and so does this one", async () => {
  const [place, ownPlace] = [makePlace("/other/statevisor.config.yaml"), makePlace(own)];
  const owner = { pid: process.pid, startedAt: 1, marks: [] };
  const lock = await lockProject(place, { ...owner, file: "/other/statevisor.config.yaml" });
  onTestFinished(() => lock!.release());
  const left = leave(own, "a mark");
  await sweep(ownPlace);
  expect([existsSync(place.owner), ...left()]).toEqual([true, true, true, true]);
});

it("a record stays while something of its run lives, for the next run of that project ends that", async () => {
  const mark = `left-behind-${process.pid}`;
  const left = leave("/other/statevisor.config.yaml", mark);
  const survivor = spawn("sleep", ["60"], { env: { ...process.env, STATEVISOR_MARK: mark } });
  onTestFinished(() => void survivor.kill("SIGKILL"));
  await vi.waitFor(() => expect(survivor.pid).toBeDefined());
  await sweep(makePlace(own));
  expect(left()).toEqual([true, true, true]);
});
