// format-statechart.ts: a statechart as text, for people and for programs that draw.

import type { AnyStateMachine } from "xstate";
import {
  type Statechart,
  type StatechartState,
  type StatechartTransition,
  toStatechart,
} from "../../machines/index.ts";

/**
 * text: an outline. mermaid: a `stateDiagram-v2`. dot: Graphviz. json: a `Statechart`. markdown: a table of transitions.
 * xstate: a module with the config as `createMachine` takes it, for tools that import machines.
 */
export type StatechartFormat = "text" | "mermaid" | "dot" | "json" | "markdown" | "xstate";

/** Prints a machine, without a line break at the end. The same machine gives the same text. */
export function formatStatechart(machine: AnyStateMachine, format: StatechartFormat): string {
  if (format === "xstate") return toModule(machine);
  return formats[format](toStatechart(machine)).join("\n");
}

/** The config without its functions. Guards, actions and delays are names, as in the original. */
function toModule({ config }: AnyStateMachine): string {
  const literal = JSON.stringify(config, null, 2).replace(/^(\s*)"([A-Za-z_$][\w$]*)":/gm, "$1$2:");
  const name = /^[A-Za-z_$][\w$]*$/.test(config.id ?? "") ? config.id : "chart";
  return `import { createMachine } from "xstate";\n\nexport const ${name}Machine = createMachine(${literal});`;
}

const formats: Record<Exclude<StatechartFormat, "xstate">, (chart: Statechart) => string[]> = {
  text: toText,
  mermaid: toMermaid,
  dot: toDot,
  json: (chart) => [JSON.stringify(chart, null, 2)],
  markdown: toTable,
};

function toText({ id, states, transitions }: Statechart): string[] {
  return states.flatMap((state) => {
    const indent = "  ".repeat(depthOf(state));
    const notes = [
      state.kind === "parallel" ? " (parallel)" : "",
      isInitial(state, states) ? " (initial)" : "",
      state.entry.length > 0 ? `, on entry ${state.entry.join(", ")}` : "",
      state.exit.length > 0 ? `, on exit ${state.exit.join(", ")}` : "",
    ];
    const own = transitions.filter(({ from }) => from === state.path).map((one) => `${indent}    ${toLine(one)}`);
    return [`${indent}${state.name || id}${notes.join("")}`, ...own];
  });
}

function toLine({ event, guard, to, actions }: StatechartTransition): string {
  const condition = guard === null ? "" : ` [${guard}]`;
  const target = to === null ? "" : ` -> ${to.join(", ")}`;
  return `${event}${condition}${target}${actions.length > 0 ? ` / ${actions.join(", ")}` : ""}`;
}

function toTable({ transitions }: Statechart): string[] {
  const rows = transitions.map(({ from, event, guard, to, actions }) => [
    code(from) || "any",
    code(event),
    guard === null ? "" : code(guard),
    to === null ? "stays" : to.map(code).join(", "),
    actions.map(code).join(", "),
  ]);
  const all = [["in", "on", "if", "goes to", "and does"], ["---", "---", "---", "---", "---"], ...rows];
  return all.map((cells) => `| ${cells.join(" | ")} |`);
}

function code(name: string): string {
  return name === "" ? "" : `\`${name.replaceAll("|", "\\|")}\``;
}

// In the two pictures one arrow stands for all transitions between the same two states, and an arrow that enters a state
// from outside ends at its border. The table has the guards, the actions, and the transitions that stay where they are.

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly events: string[];
}

function toArrows({ states, transitions }: Statechart): Arrow[] {
  const arrows = new Map<string, Arrow>();
  const add = (from: string, to: string, event: string) => {
    const key = `${from} ${to}`;
    const arrow = arrows.get(key) ?? { from, to, events: [] };
    if (!arrow.events.includes(event)) arrow.events.push(event);
    arrows.set(key, arrow);
  };
  for (const { from, event, to } of transitions) {
    for (const target of to ?? []) {
      // A transition from a state into itself is drawn from each of the other states inside.
      const inner = isWithin(target, from) ? childrenOf(from, states).map(({ path }) => path) : [from];
      for (const source of inner) {
        const end = outermost(target, source);
        if (source !== end || source === from) add(source, end, event);
      }
    }
  }
  return [...arrows.values()];
}

/** The outermost state that holds `path` and not `from`. */
function outermost(path: string, from: string): string {
  const around = parentOf(path);
  return around === "" || around === path || around === from || isWithin(from, around) ? path : outermost(around, from);
}

function toMermaid(chart: Statechart): string[] {
  const idOf = (path: string) => path.replace(/\W/g, "_");

  function draw(state: StatechartState, indent: string): string[] {
    const title = `${indent}state "${state.name}" as ${idOf(state.path)}`;
    switch (state.kind) {
      case "compound":
      case "parallel":
        return [`${title} {`, ...drawInside(state, `${indent}  `), `${indent}}`];
      case "final":
        return [title, `${indent}${idOf(state.path)} --> [*]`];
      default:
        return [title];
    }
  }

  function drawInside(state: StatechartState, indent: string): string[] {
    const inside = childrenOf(state.path, chart.states).map((child) => draw(child, indent));
    if (state.kind === "parallel" && state.path !== "") return inside.flatMap(toRegion(indent));
    return [...(state.initial === null ? [] : [`${indent}[*] --> ${idOf(state.initial)}`]), ...inside.flat()];
  }

  // All arrows stand at the top: mermaid moves a state into the state in which an arrow names it.
  const arrows = toArrows(chart).map(
    ({ from, to, events }) => `  ${idOf(from)} --> ${idOf(to)} : ${events.join(", ")}`,
  );
  return ["stateDiagram-v2", ...drawInside(chart.states[0]!, "  "), ...arrows];
}

function toRegion(indent: string) {
  return (lines: readonly string[], index: number) => (index === 0 ? lines : [`${indent}--`, ...lines]);
}

function toDot(chart: Statechart): string[] {
  const quote = (text: string) => `"${text.replaceAll('"', '\\"')}"`;
  // Graphviz has no arrows between clusters: an arrow goes to a leaf inside, and is cut at the border.
  const leafOf = (path: string): string => {
    const state = chart.states.find((one) => one.path === path)!;
    const inner = state.initial ?? childrenOf(state.path, chart.states)[0]?.path;
    return inner === undefined ? path : leafOf(inner);
  };
  const isLeaf = (path: string) => leafOf(path) === path;
  const clip = (end: "ltail" | "lhead", path: string) => (isLeaf(path) ? "" : ` ${end}=${quote(`cluster ${path}`)}`);

  function draw(state: StatechartState, indent: string): string[] {
    if (isLeaf(state.path)) return [`${indent}${quote(state.path)} [label=${quote(state.name)}]`];
    const style = state.kind === "parallel" ? "dashed" : "rounded";
    return [
      `${indent}subgraph ${quote(`cluster ${state.path}`)} {`,
      `${indent}  label=${quote(state.name)} style=${style}`,
      ...drawInside(state, `${indent}  `),
      `${indent}}`,
    ];
  }

  function drawInside(state: StatechartState, indent: string): string[] {
    const start = quote(`start ${state.path}`);
    return [
      ...(state.initial === null ? [] : [`${indent}${start} [shape=point]`]),
      ...childrenOf(state.path, chart.states).flatMap((child) => draw(child, indent)),
      ...(state.initial === null ? [] : [`${indent}${start} -> ${quote(leafOf(state.initial))}`]),
    ];
  }

  return [
    `digraph ${quote(chart.id)} {`,
    "  compound=true",
    "  node [shape=box style=rounded]",
    ...drawInside(chart.states[0]!, "  "),
    ...toArrows(chart).map(
      ({ from, to, events }) =>
        `  ${quote(leafOf(from))} -> ${quote(leafOf(to))} [label=${quote(events.join("\\n"))}${clip("ltail", from)}${clip("lhead", to)}]`,
    ),
    "}",
  ];
}

function depthOf({ path }: StatechartState): number {
  return path === "" ? 0 : path.split(".").length;
}

function childrenOf(parent: string, states: readonly StatechartState[]): StatechartState[] {
  return states.filter(({ path }) => path !== "" && parentOf(path) === parent);
}

function parentOf(path: string): string {
  return path.split(".").slice(0, -1).join(".");
}

/** Whether a path is inside another one, and not the same. */
function isWithin(path: string, around: string): boolean {
  return path !== around && (around === "" || path.startsWith(`${around}.`));
}

function isInitial(state: StatechartState, states: readonly StatechartState[]): boolean {
  return states.some(({ initial }) => initial === state.path);
}
