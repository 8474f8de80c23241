// A reporter for the gate: a test that was skipped, because a program is missing, fails the run.

import type { Reporter, TestModule } from "vitest/node";

export default class NoSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) =>
      [...module.children.allTests("skipped")].map((test) => `${module.relativeModuleId}: ${test.fullName}`),
    );
    if (skipped.length === 0) return;
    console.error(`These tests were skipped, which the gate does not accept:\n  ${skipped.join("\n  ")}`);
    process.exitCode = 1;
  }
}
