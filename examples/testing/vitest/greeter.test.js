// npx vitest run --root examples/testing/vitest

import { testServiceLifecycle } from "statevisor/testing";
import { expect, it } from "vitest";
import { createDriver, createGreeter } from "../greeter.js";

it("the greeter lives as it should, and leaves nothing behind", async () => {
  let greeter;
  const make = () => {
    greeter = createGreeter();
    return greeter.service;
  };
  const report = await testServiceLifecycle(
    make,
    createDriver(() => greeter),
  );
  expect(report.problems).toEqual([]);
}, 30_000);
