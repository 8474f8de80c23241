// node --test examples/testing/node-test/

import assert from "node:assert/strict";
import { test } from "node:test";
import { testServiceLifecycle } from "statevisor/testing";
import { createDriver, createGreeter } from "../greeter.js";

test("the greeter lives as it should, and leaves nothing behind", async () => {
  let greeter;
  const make = () => {
    greeter = createGreeter();
    return greeter.service;
  };
  const report = await testServiceLifecycle(
    make,
    createDriver(() => greeter),
  );
  assert.deepEqual(report.problems, []);
});
