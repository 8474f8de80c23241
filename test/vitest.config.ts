import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    // A tree that leaves a rejection behind has a hole: any of them fails the run.
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
