// Bereaved: who depends on a name that nobody has, for as long as that is so.

import { expect, it } from "vitest";
import { Bereaved } from "../../src/tree/bereaved.ts";
import type { Child } from "../../src/tree/service.ts";

const child = (...on: string[]) => ({ plan: { dependencies: on.map((name) => ({ name })) } }) as unknown as Child;

it("remembers the dependants of a name until there is one of that name again, or they are gone themselves", () => {
  const bereaved = new Bereaved();
  const [one, other] = [child("cache", "queue"), child("cache")];
  bereaved.add("cache", one);
  bereaved.add("cache", other);
  bereaved.add("queue", one);
  expect([bereaved.of("cache"), bereaved.of("queue"), bereaved.of("db")]).toEqual([[one, other], [one], []]);
  bereaved.forget(one);
  expect([bereaved.of("cache"), bereaved.of("queue"), bereaved.size]).toEqual([[other], [], 1]);
  bereaved.comfort("cache");
  expect([bereaved.of("cache"), bereaved.size]).toEqual([[], 0]);
});
