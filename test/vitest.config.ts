// The tests: every *.test.ts below test/.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    // Two legs of the gate share two cores: what takes a second alone may take many there.
    testTimeout: 30_000,
    // A tree that leaves a rejection behind has a hole: any of them fails the run.
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
