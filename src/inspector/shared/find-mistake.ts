// Whether something is a recording: the server asks before it serves a file, and the page before it shows one.

/** What keeps a parsed file from being a recording that can be shown, or null. */
export function findMistake(data: unknown): string | null {
  if (!isObject(data) || data.format !== "statevisor-recording") return "it has no format statevisor-recording";
  if (data.version !== 1) return "its version is not 1";
  if (typeof data.name !== "string") return "it has no name";
  for (const field of ["now", "wallOffset"]) if (typeof data[field] !== "number") return `${field} is no number`;
  const { base, charts, entries, tree } = data;
  if (!isNode(tree)) return "its tree is none";
  if (!isObject(charts)) return "charts is no object";
  for (const [key, chart] of Object.entries(charts)) {
    if (!isObject(chart) || !isObject(chart.root) || !Array.isArray(chart.edges)) return `charts.${key} is no chart`;
  }
  if (!isObject(base) || !Array.isArray(base.rows) || !Array.isArray(base.charts)) return "it has no base";
  const isBase = base.rows.every(isAt) && base.charts.every((one) => isAt(one) && isObject(one.state));
  if (!isBase || typeof base.n !== "number" || typeof base.at !== "number") return "its base is broken";
  if (!Array.isArray(entries)) return "it has no entries";
  const broken = entries.findIndex((entry) => !isEntry(entry));
  return broken === -1 ? null : `entries[${broken}] is no fact`;
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAt(value: unknown): value is Fields {
  return isObject(value) && typeof value.path === "string";
}

function isEntry(value: unknown): boolean {
  return isAt(value) && typeof value.n === "number" && typeof value.at === "number" && typeof value.kind === "string";
}

function isNode(value: unknown): boolean {
  if (!isAt(value) || typeof value.name !== "string") return false;
  return value.services === undefined || (Array.isArray(value.services) && value.services.every(isNode));
}
