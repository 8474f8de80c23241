// The checks of testClusterStore: each is a rule that a store has to keep.
// Longer than other files: one list of rules, of which each is read by itself.

import type { ClusterStore, StoreConnection } from "../cluster/store.ts";
import type { Clock } from "../contract/spec.ts";

export interface StoreTrial {
  /** A new connection to the cluster of this check, or to another one. */
  connect(other?: string): Promise<StoreConnection>;
  make(): ClusterStore;
  readonly clock: Clock;
  sleep(ms: number): Promise<void>;
  readonly id: string;
}

export type StoreCheck = (trial: StoreTrial) => Promise<void>;

function equal(given: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(given), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

async function create(store: StoreConnection, key: string, value = "v"): Promise<number> {
  const revision = await store.create(key, value);
  holds(typeof revision === "number" && Number.isSafeInteger(revision) && revision > 0, `create gave ${revision}`);
  return revision!;
}

async function rejects(promise: Promise<unknown>, what: string): Promise<void> {
  const outcome = await promise.then(
    () => "resolved",
    () => "rejected",
  );
  equal(outcome, "rejected", what);
}

type Seen = [key: string, value: string | null, revision: number];

interface Watched {
  readonly seen: Seen[];
  readonly syncs: () => number;
  readonly remove: () => void;
  /** Resolves once something is seen. */
  until(condition: () => boolean): Promise<void>;
}

function watch(store: StoreConnection, { sleep }: StoreTrial): Watched {
  const seen: Seen[] = [];
  let syncs = 0;
  const remove = store.watch({
    entry: (key, value, revision) => seen.push([key, value, revision]),
    synced: () => {
      syncs++;
    },
    stale: () => {},
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) await sleep(5);
  };
  return { seen, syncs: () => syncs, remove, until };
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

export const storeChecks: Record<string, StoreCheck> = {
  "a key is created once": async ({ connect }) => {
    const store = await connect();
    await create(store, "a", "one");
    equal(await store.create("a", "two"), null, "a second create");
    equal((await store.read("a"))?.value, "one", "its value");
  },

  "a read gives the value and the revision that was written": async ({ connect }) => {
    const store = await connect();
    const revision = await create(store, "a", "one");
    equal(await store.read("a"), { value: "one", revision }, "the read");
    equal(await store.read("b"), null, "a key that is not there");
  },

  "a replace at the revision of a key gives a greater revision": async ({ connect }) => {
    const store = await connect();
    const first = await create(store, "a");
    const second = await store.replace("a", "two", first);
    holds(second !== null && second > first, `${second} is not greater than ${first}`);
    equal(await store.read("a"), { value: "two", revision: second }, "the read");
  },

  "a replace at another revision is refused and changes nothing": async ({ connect }) => {
    const store = await connect();
    const first = await create(store, "a");
    const second = await store.replace("a", "two", first);
    equal(await store.replace("a", "three", first), null, "at an old revision");
    equal(await store.replace("a", "three", second! + 1_000), null, "at a revision to come");
    equal((await store.read("a"))?.value, "two", "its value");
  },

  "a replace of a key that is not there is refused": async ({ connect }) => {
    const store = await connect();
    const other = await create(store, "b");
    equal(await store.replace("a", "one", other), null, "the replace");
    equal(await store.read("a"), null, "the read");
  },

  "a removal at the revision of a key removes it": async ({ connect }) => {
    const store = await connect();
    const revision = await create(store, "a");
    equal(await store.remove("a", revision), true, "the removal");
    equal(await store.read("a"), null, "the read");
  },

  "a removal at another revision is refused": async ({ connect }) => {
    const store = await connect();
    const first = await create(store, "a");
    await store.replace("a", "two", first);
    equal(await store.remove("a", first), false, "the removal");
    equal((await store.read("a"))?.value, "two", "its value");
  },

  "a key can be created again after its removal, at a greater revision": async ({ connect }) => {
    const store = await connect();
    const first = await create(store, "a", "one");
    await store.remove("a", first);
    const again = await create(store, "a", "two");
    holds(again > first, `${again} is not greater than ${first}`);
    equal(await store.replace("a", "three", first), null, "a replace at the revision before the removal");
    equal((await store.read("a"))?.value, "two", "its value");
  },

  "revisions grow over all keys together": async ({ connect }) => {
    const store = await connect();
    const revisions: number[] = [];
    for (const index of range(10)) revisions.push(await create(store, `k${index}`));
    equal(
      revisions,
      [...revisions].sort((a, b) => a - b),
      "the revisions",
    );
    equal(new Set(revisions).size, 10, "different ones");
  },

  "of 50 that create a key at once, one does": async ({ connect }) => {
    const stores = await Promise.all(range(5).map(() => connect()));
    const outcomes = await Promise.all(range(50).map((index) => stores[index % 5]!.create("a", String(index))));
    const winners = outcomes.flatMap((revision, index) => (revision === null ? [] : [index]));
    equal(winners.length, 1, "the winners");
    equal((await stores[0]!.read("a"))?.value, String(winners[0]), "its value");
  },

  "of 50 that replace a key at once, one does": async ({ connect }) => {
    const stores = await Promise.all(range(5).map(() => connect()));
    const first = await create(stores[0]!, "a");
    const outcomes = await Promise.all(range(50).map((index) => stores[index % 5]!.replace("a", String(index), first)));
    const winners = outcomes.flatMap((revision, index) => (revision === null ? [] : [index]));
    equal(winners.length, 1, "the winners");
    equal((await stores[0]!.read("a"))?.value, String(winners[0]), "its value");
  },

  "a counter that ten writers count loses nothing": async ({ connect }) => {
    const stores = await Promise.all(range(5).map(() => connect()));
    await create(stores[0]!, "n", "0");
    const countOnce = async (store: StoreConnection) => {
      for (;;) {
        const { value, revision } = (await store.read("n"))!;
        if ((await store.replace("n", String(Number(value) + 1), revision)) !== null) return;
      }
    };
    await Promise.all(
      range(10).map(async (index) => {
        for (let count = 0; count < 5; count++) await countOnce(stores[index % 5]!);
      }),
    );
    equal((await stores[0]!.read("n"))?.value, "50", "the counter");
  },

  "a write of one connection is read by another at once": async ({ connect }) => {
    const [one, two] = [await connect(), await connect()];
    for (const index of range(20)) {
      const revision = await create(one, `k${index}`, String(index));
      equal(await two.read(`k${index}`), { value: String(index), revision }, `the read of k${index}`);
    }
  },

  "500 keys can be created at once": async ({ connect }) => {
    const store = await connect();
    const revisions = await Promise.all(range(500).map((index) => store.create(`k${index}`, "v")));
    equal(new Set(revisions).size, 500, "different revisions");
    holds(!revisions.includes(null), "none is refused");
  },

  "a watch of an empty cluster is synced, once": async (trial) => {
    const store = await trial.connect();
    const watched = watch(store, trial);
    await watched.until(() => watched.syncs() > 0);
    await create(store, "a");
    await watched.until(() => watched.seen.length > 0);
    equal([watched.syncs(), watched.seen.length], [1, 1], "syncs and entries");
  },

  "a watch reports all that there is, then that it is synced": async (trial) => {
    const store = await trial.connect();
    const revisions: number[] = [];
    for (const index of range(5)) revisions.push(await create(store, `k${index}`, String(index)));
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      store.watch({
        entry: (key, value, revision) => order.push(`${key} ${value} ${revision}`),
        synced: () => {
          order.push("synced");
          resolve();
        },
        stale: () => {},
      });
    });
    equal(order, [...range(5).map((index) => `k${index} ${index} ${revisions[index]}`), "synced"], "the order");
  },

  "a watch reports changes in the order of their revisions, as the writes returned them": async (trial) => {
    const [one, two] = [await trial.connect(), await trial.connect()];
    const watched = watch(two, trial);
    await watched.until(() => watched.syncs() > 0);
    const written: Seen[] = [];
    let revision = await create(one, "a", "0");
    written.push(["a", "0", revision]);
    for (const index of range(20)) {
      revision = (await one.replace("a", String(index), revision))!;
      written.push(["a", String(index), revision]);
    }
    await watched.until(() => watched.seen.at(-1)?.[2] === revision);
    // Of several changes of a key at once, a store may report the newest alone.
    const known = written.map((one) => JSON.stringify(one));
    const order = watched.seen.map((one) => known.indexOf(JSON.stringify(one)));
    holds(!order.includes(-1), "it saw what nobody wrote");
    equal(
      order,
      [...order].sort((a, b) => a - b),
      "the order",
    );
  },

  "a watch reports a removal as null, with its own revision": async (trial) => {
    const store = await trial.connect();
    const watched = watch(store, trial);
    await watched.until(() => watched.syncs() > 0);
    const revision = await create(store, "a");
    await store.remove("a", revision);
    await watched.until(() => watched.seen.at(-1)?.[1] === null);
    const [key, value, removed] = watched.seen.at(-1)!;
    equal([key, value], ["a", null], "the removal");
    holds(removed > revision, "its revision is not greater");
  },

  "a watch that begins after a removal does not report the old value": async (trial) => {
    const store = await trial.connect();
    const revision = await create(store, "a");
    await create(store, "b");
    await store.remove("a", revision);
    const watched = watch(store, trial);
    await watched.until(() => watched.syncs() > 0);
    equal(
      watched.seen.filter(([, value]) => value !== null).map(([key]) => key),
      ["b"],
      "the keys",
    );
  },

  "two watches see the writes of many in the same order": async (trial) => {
    const stores = await Promise.all(range(4).map(() => trial.connect()));
    const [one, two] = [watch(stores[0]!, trial), watch(stores[1]!, trial)];
    await one.until(() => one.syncs() > 0 && two.syncs() > 0);
    await Promise.all(range(80).map((index) => stores[index % 4]!.create(`k${index}`, "v")));
    await one.until(() => one.seen.length >= 80 && two.seen.length >= 80);
    equal(one.seen, two.seen, "the two");
    const revisions = one.seen.map(([, , revision]) => revision);
    equal(
      revisions,
      [...revisions].sort((a, b) => a - b),
      "the order of the revisions",
    );
  },

  "a watch that was removed reports nothing more": async (trial) => {
    const store = await trial.connect();
    const watched = watch(store, trial);
    await watched.until(() => watched.syncs() > 0);
    watched.remove();
    const other = watch(store, trial);
    await create(store, "a");
    await other.until(() => other.seen.length > 0);
    equal(watched.seen, [], "what it saw");
  },

  "a watch that begins during writes misses none": async (trial) => {
    const [one, two] = [await trial.connect(), await trial.connect()];
    const writing = (async () => {
      for (const index of range(60)) await create(one, `k${index}`);
    })();
    const watched = watch(two, trial);
    await writing;
    await watched.until(() => watched.syncs() > 0 && new Set(watched.seen.map(([key]) => key)).size >= 60);
  },

  "values of 4 KB and of any characters come back as they were": async ({ connect }) => {
    const store = await connect();
    const values = ["x".repeat(4_096), JSON.stringify({ a: 'é "quoted" \\ 漢字 🙂', b: "line\nbreak" }), "0", "{}"];
    for (const [index, value] of values.entries()) {
      await create(store, `k${index}`, value);
      equal((await store.read(`k${index}`))?.value, value, `value ${index}`);
    }
  },

  "keys may have letters, digits, dots, - and _": async ({ connect }) => {
    const store = await connect();
    for (const key of ["c", "s.n1-abc_5f-1", "r.inbox.17", "drain.a_2eb", "A-Z_09"]) {
      await create(store, key, key);
      equal((await store.read(key))?.value, key, key);
    }
  },

  "clusters with other ids see nothing of each other": async (trial) => {
    const [one, two] = [await trial.connect(), await trial.connect("-other")];
    const watched = watch(two, trial);
    await watched.until(() => watched.syncs() > 0);
    await create(one, "a", "one");
    equal(await two.read("a"), null, "a read");
    await create(two, "a", "two");
    await watched.until(() => watched.seen.length > 0);
    equal(
      watched.seen.map(([, value]) => value),
      ["two"],
      "the watch",
    );
  },

  "a question is answered by the one at its address": async ({ connect, sleep }) => {
    const [one, two, three] = [await connect(), await connect(), await connect()];
    two.answer("n2", async (data) => `two: ${data}`);
    three.answer("n3", async (data) => `three: ${data}`);
    await sleep(200);
    equal(await one.ask("n2", "hello", 5_000), "two: hello", "n2");
    equal(await one.ask("n3", "hello", 5_000), "three: hello", "n3");
  },

  "100 questions at once are each answered with their own answer": async ({ connect, sleep }) => {
    const [one, two] = [await connect(), await connect()];
    two.answer("n2", async (data) => `${data}!`);
    await sleep(200);
    const answers = await Promise.all(range(100).map((index) => one.ask("n2", String(index), 10_000)));
    equal(
      answers,
      range(100).map((index) => `${index}!`),
      "the answers",
    );
  },

  "a question that nobody answers rejects in time": async ({ connect, clock }) => {
    const store = await connect();
    const began = clock.now();
    await rejects(store.ask("nobody", "hello", 500), "the question");
    holds(clock.now() - began < 5_000, "it took too long");
  },

  "a question rejects when the answer fails or is no longer given": async ({ connect, sleep }) => {
    const [one, two] = [await connect(), await connect()];
    const remove = two.answer("n2", async () => {
      throw new Error("no");
    });
    await sleep(200);
    await rejects(one.ask("n2", "hello", 2_000), "a failing answer");
    remove();
    await sleep(200);
    await rejects(one.ask("n2", "hello", 500), "a removed answer");
  },

  "an answer of 100 KB comes back whole": async ({ connect, sleep }) => {
    const [one, two] = [await connect(), await connect()];
    two.answer("n2", async () => "é".repeat(50_000));
    await sleep(200);
    equal((await one.ask("n2", "", 10_000)).length, 50_000, "its length");
  },

  "changing the server leaves the connection usable": async ({ connect, sleep }) => {
    const store = await connect();
    await create(store, "a");
    store.changeServer();
    for (let attempts = 0; ; attempts++) {
      const found = await store.read("a").catch(() => null);
      if (found !== null) return;
      holds(attempts < 100, "it does not come back");
      await sleep(100);
    }
  },

  "a connection can be closed twice, and does nothing after that": async ({ connect }) => {
    const [one, two] = [await connect(), await connect()];
    await create(two, "a");
    await one.close();
    await one.close();
    await rejects(one.create("b", "v"), "a create");
    await rejects(one.read("a"), "a read");
    equal(await two.read("b"), null, "what it wrote");
  },

  "an attempt to open that was given up rejects": async ({ make, clock, id }) => {
    const abort = new AbortController();
    abort.abort();
    await rejects(make().open({ id, clock, signal: abort.signal }), "the attempt");
  },
};
