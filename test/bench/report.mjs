// Formats the samples: medians, each beside what it is compared with, and how they grow.

/**
 * The unit of each metric, what statevisor's is compared with, and how far from that it may be: on Node 20, and from Node
 * 24 on.
 */
const metrics = {
  start: { unit: "ms", toReach: { 100000: [2.5, 3] } },
  memory: { unit: "B", most: { 100000: [1_800, 1_500] } },
  stop: { unit: "ms", toReach: { 100000: [1.1, 1.2] } },
  storm: { unit: "ms", toReach: { 100: [2.3, 2.8], 1000: [2.3, 2.8], 10000: [2.3, 2.8] } },
  latency: { unit: "µs", toReach: { 10000: [1.7, 1.8] } },
  chain: { unit: "ms", toReach: { 1000: [9, 7] } },
  chain1: { unit: "ms", toReach: { 1000: [1.1, 1.1] } },
  layers: { unit: "ms", toReach: { 10000: [5, 5] } },
  layers1: { unit: "ms", toReach: { 10000: [3, 3] } },
  dynamic: { unit: "µs" },
  health: { unit: "µs" },
  recorded: { unit: "ms", beside: "storm", toReach: { 1000: [1.15, 1.15] } },
  served: { unit: "ms", beside: "storm", toReach: { 1000: [1.35, 1.4] } },
  inspected: { unit: "ms", beside: "storm" },
  import: { unit: "ms", toReach: { 1: [1.3, 1.5] } },
  size: { unit: "B", most: { 1: [32_300, 32_300] } },
  timers: { unit: "", most: { 10000: [0, 0] } },
  idle: { unit: "ms CPU" },
};

/** Which of a pair applies. */
const ofThisNode = Number(process.versions.node.split(".")[0]) >= 24 ? 1 : 0;

/** The growth over the size, from `from` on, as a power of it: the expected value, and room for noise. */
const growths = [
  { metric: "start", from: 1_000, most: 1.1 + 0.1 },
  { metric: "stop", from: 1_000, most: 1.1 + 0.1 },
  { metric: "storm", from: 100, most: 0 + 0.25 },
  { metric: "dynamic", from: 10, most: 0 + 0.15 },
  { metric: "health", from: 10, most: 0 + 0.15 },
];

export function report(samples) {
  const rows = toRows(samples);
  const growth = growths.flatMap(({ metric, from, most }) =>
    [...new Set(rows.filter((row) => row.metric === metric).map(({ peer }) => peer))].flatMap((peer) => {
      const points = rows.filter((row) => row.metric === metric && row.peer === peer && row.n >= from);
      return points.length < 2 ? [] : [{ name: `${metric} of ${peer}`, peer, exponent: exponentOf(points), most }];
    }),
  );
  const table = [
    "| metric | n | peer | median | ratio | to reach |",
    "|---|---|---|---|---|---|",
    ...rows.map(
      ({ metric, n, peer, value, ratio, goal }) =>
        `| ${metric} | ${n} | ${peer} | ${format(value)} ${metrics[metric].unit} | ${ratio === null ? "" : format(ratio)} | ${goal} |`,
    ),
    "",
    "| growth over n | power | at most |",
    "|---|---|---|",
    ...growth.map(
      ({ name, peer, exponent, most }) =>
        `| ${name} | ${exponent.toFixed(2)} | ${peer === "statevisor" ? most.toFixed(2) : ""} |`,
    ),
  ];
  const grewTooMuch = growth.filter(({ peer, exponent, most }) => peer === "statevisor" && exponent > most);
  return { text: table.join("\n"), json: { rows, growth }, grewTooMuch };
}

function toRows(samples) {
  const values = new Map(samples.map((sample) => [keyOf(sample), []]));
  for (const sample of samples) values.get(keyOf(sample)).push(sample.value);
  const medians = new Map([...values].map(([key, group]) => [key, median(group)]));
  const order = Object.keys(metrics);
  return [...medians]
    .map(([key, value]) => {
      const { metric, n, peer } = JSON.parse(key);
      const { beside, toReach, most } = metrics[metric];
      const base = medians.get(
        keyOf(beside ? { metric: beside, n, peer: "statevisor" } : { metric, n, peer: "limit" }),
      );
      const ratio = base ? value / base : null;
      const goal = peer === "statevisor" ? toGoal(value, most?.[n], "") || toGoal(ratio, toReach?.[n], " ×") : "";
      return { metric, n, peer, value, ratio, goal };
    })
    .sort((a, b) => order.indexOf(a.metric) - order.indexOf(b.metric) || a.n - b.n);
}

function toGoal(value, pair, unit) {
  if (pair === undefined || value === null) return "";
  const most = pair[ofThisNode];
  return `≤ ${most}${unit}: ${value <= most ? "reached" : "not reached"}`;
}

function keyOf({ metric, n, peer }) {
  return JSON.stringify({ metric, n, peer });
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** The slope of log(value) over log(n) by least squares: 1 is linear, 2 quadratic. */
function exponentOf(points) {
  const logs = points.map(({ n, value }) => [Math.log(n), Math.log(value)]);
  const mean = (index) => logs.reduce((sum, log) => sum + log[index], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const above = logs.reduce((sum, log) => sum + (log[0] - x) * (log[1] - y), 0);
  return above / logs.reduce((sum, log) => sum + (log[0] - x) ** 2, 0);
}

function format(value) {
  return value >= 100 || value === 0 ? value.toFixed(0) : value.toPrecision(3);
}
