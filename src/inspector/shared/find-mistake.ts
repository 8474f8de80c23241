// find-mistake.ts: checks a recording before the server serves it, or the page shows it.

import { type ServiceState, serviceStates } from "../../contract/states.ts";
import type { Fact } from "./protocol.ts";

/** Why a parsed file is not a recording that can be shown, or null. */
export function findMistake(data: unknown): string | null {
  if (!isObject(data) || data.format !== "statevisor-recording") return '`format` must be "statevisor-recording"';
  if (data.version !== 1) return "`version` must be 1";
  if (typeof data.name !== "string") return "`name` is missing or malformed";
  for (const field of ["now", "wallOffset"])
    if (typeof data[field] !== "number") return `\`${field}\` must be a number`;
  const { base, charts, entries, tree, note } = data;
  if (note !== undefined && typeof note !== "string") return "`note` must be a text";
  if (!isNode(tree)) return "`tree` is missing or malformed";
  if (!isObject(charts)) return "`charts` must be an object";
  for (const [key, chart] of Object.entries(charts)) {
    if (!isObject(chart) || !isObject(chart.root) || !Array.isArray(chart.edges))
      return `\`charts.${key}\` is malformed`;
  }
  if (!isObject(base) || !Array.isArray(base.rows) || !Array.isArray(base.charts))
    return "`base` is missing or malformed";
  const isBase = base.rows.every(isRow) && base.charts.every((one) => isAt(one) && isChartState(one.state));
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

function isRow(value: unknown): boolean {
  if (!isAt(value) || !isState(value.state) || !isPhase(value.phase)) return false;
  return isErrorOrNone(value.error) && isErrorOrNone(value.unhealthy) && typeof value.since === "number";
}

function isEntry(value: unknown): boolean {
  if (!isAt(value) || typeof value.n !== "number" || typeof value.at !== "number") return false;
  return typeof value.kind === "string" && Object.hasOwn(kinds, value.kind) && kinds[value.kind as Fact["kind"]](value);
}

/** What the page needs of each kind of fact. */
const kinds: Readonly<Record<Fact["kind"], (fact: Fields) => boolean>> = {
  status: ({ from, to, phase, error }) => isState(from) && isState(to) && isPhase(phase) && isErrorOrNone(error),
  health: ({ from, to }) => typeof from === "string" && typeof to === "string",
  "service-health": ({ healthy, error }) => typeof healthy === "boolean" && isErrorOrNone(error),
  escalation: ({ error }) => isError(error),
  unstopped: ({ incarnation, waitedMs }) => typeof incarnation === "number" && typeof waitedMs === "number",
  late: ({ incarnation, error }) => typeof incarnation === "number" && isErrorOrNone(error),
  "stray-error": ({ error }) => isError(error),
  message: ({ from, role, type }) => [from, role, type].every((text) => typeof text === "string"),
  step: isChartState,
  process: ({ pid }) => typeof pid === "number",
  output: ({ lines, dropped }) => Array.isArray(lines) && lines.every(isOutputLine) && typeof dropped === "number",
  removed: () => true,
  role: ({ role, to, because }) => [role, to, because].every((text) => typeof text === "string"),
  member: ({ node, to, because }) => [node, to, because].every((text) => typeof text === "string"),
};

function isOutputLine(value: unknown): boolean {
  return isObject(value) && typeof value.stream === "string" && typeof value.text === "string";
}

function isState(value: unknown): boolean {
  return serviceStates.includes(value as ServiceState);
}

function isPhase(value: unknown): boolean {
  return value === null || typeof value === "string";
}

function isChartState(value: unknown): boolean {
  return isObject(value) && typeof value.chart === "string" && isValue(value.value);
}

function isValue(value: unknown): boolean {
  return typeof value === "string" || (isObject(value) && Object.values(value).every(isValue));
}

function isErrorOrNone(value: unknown): boolean {
  return value === undefined || value === null || isError(value);
}

function isError(value: unknown): boolean {
  if (!isObject(value) || typeof value.name !== "string" || typeof value.message !== "string") return false;
  const { code, stack, cause, errors } = value;
  const areTexts = [code, stack].every((text) => text === undefined || typeof text === "string");
  return areTexts && isErrorOrNone(cause) && (errors === undefined || (Array.isArray(errors) && errors.every(isError)));
}

function isNode(value: unknown): boolean {
  if (!isAt(value) || typeof value.name !== "string") return false;
  return value.services === undefined || (Array.isArray(value.services) && value.services.every(isNode));
}
