// The tests: every *.test.ts below test/.

import { defineConfig } from "vitest/config";

/**
 * The folders whose files share a process: they leave nothing behind, and a process for each file would cost more than
 * its tests do.
 */
const sharing = ["cli", "cluster", "engine", "http", "inspector", "machines", "node", "otel", "scenarios", "testing"];
/** A file of theirs that replaces a module, and so has a process of its own. */
const replacing = "unfamiliar";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    // Limits for what never comes. Three legs of the gate share two cores: what takes a second alone may take many there.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    // A tree that leaves a rejection behind has a hole: any of them fails the run.
    dangerouslyIgnoreUnhandledErrors: false,
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          isolate: false,
          include: sharing.map((folder) => `test/${folder}/**/!(${replacing}).test.ts`),
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: [
            "test/*.test.ts",
            `test/!(${sharing.join("|")})/**/*.test.ts`,
            `test/{${sharing.join(",")}}/**/${replacing}.test.ts`,
          ],
        },
      },
    ],
  },
});
