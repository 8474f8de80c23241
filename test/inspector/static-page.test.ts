// A recording and the page in one file: nothing in it can end its script early.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { Recorder } from "../../src/inspector/record/recorder.ts";
import { toStaticPage } from "../../src/inspector/serve/static-page.ts";
import { createScenario } from "../support/scenario.ts";

const isBuilt = existsSync(
  join(dirname(createRequire(import.meta.url).resolve("statevisor/package.json")), "dist/page"),
);

describe.skipIf(!isBuilt)("a static page", () => {
  it("holds the recording, whatever is in it, and asks no host for anything", async () => {
    const { supervisor, start } = createScenario({
      services: [
        {
          name: "sly",
          critical: false,
          start() {
            throw new Error("</script><script>alert(1)</script><!-- $& $1");
          },
        },
      ],
    });
    const recorder = new Recorder(supervisor, { historySize: 1_000, messages: false, include: new Set() });
    await start();
    const recording = JSON.parse(JSON.stringify(recorder.record()));
    const page = toStaticPage(recording);
    const [, json] = /<script type="application\/json" id="recording">(.*?)<\/script>/s.exec(page)!;
    expect(JSON.parse(json!)).toEqual(recording);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toMatch(/<(script|link)[^>]*(src|href)="(?!data:)/);
    expect(() => toStaticPage("{}")).toThrow(/toStaticPage/);
  });
});
