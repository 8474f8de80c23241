// find-mistake.ts: checks a recording before the server serves it, or the page shows it.

/** Why a parsed file is not a recording that can be shown, or null. */
export function findMistake(data: unknown): string | null {
  if (!isObject(data) || data.format !== "statevisor-recording") return '`format` must be "statevisor-recording"';
  if (data.version !== 1) return "`version` must be 1";
  if (typeof data.name !== "string") return "`name` is missing or malformed";
  for (const field of ["now", "wallOffset"])
    if (typeof data[field] !== "number") return `\`${field}\` must be a number`;
  const { base, charts, entries, tree } = data;
  if (!isNode(tree)) return "`tree` is missing or malformed";
  if (!isObject(charts)) return "`charts` must be an object";
  for (const [key, chart] of Object.entries(charts)) {
    if (!isObject(chart) || !isObject(chart.root) || !Array.isArray(chart.edges))
      return `\`charts.${key}\` is malformed`;
  }
  if (!isObject(base) || !Array.isArray(base.rows) || !Array.isArray(base.charts))
    return "`base` is missing or malformed";
  const isBase = base.rows.every(isAt) && base.charts.every((one) => isAt(one) && isObject(one.state));
  if (!isBase || typeof base.n !== "number" || typeof base.at !== "number") return "`base` is missing or malformed";
  if (!Array.isArray(entries)) return "`entries` must be an array";
  const broken = entries.findIndex((entry) => !isEntry(entry));
  return broken === -1 ? null : `\`entries[${broken}]\` is malformed`;
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
