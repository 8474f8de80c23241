// graph.ts: a tree and its dependencies as the source of a picture, for mermaid or Graphviz. An arrow reads "waits for".

import type { ChildDescription, TreeDescription } from "../../contract/description.ts";

export type GraphFormat = "mermaid" | "dot";

export function formatGraph(tree: TreeDescription, format: GraphFormat): string {
  const lines =
    format === "mermaid"
      ? ["flowchart TD", ...mermaidOf(tree, "  ")]
      : ["digraph statevisor {", "  compound=true; node [shape=box];", ...dotOf(tree, "  "), "}"];
  return lines.join("\n");
}

function mermaidOf(tree: TreeDescription, indent: string): string[] {
  const inside = `${indent}  `;
  return [
    `${indent}subgraph ${idOf(tree.path)}["${tree.name}"]`,
    ...tree.services.flatMap((child) =>
      child.services ? mermaidOf(child, inside) : [`${inside}${idOf(child.path)}["${child.name}"]`],
    ),
    ...tree.services.flatMap((child) => mermaidArrows(child, inside)),
    `${indent}end`,
  ];
}

function mermaidArrows({ path, dependsOn }: ChildDescription, indent: string): string[] {
  return dependsOn.map(({ path: on, condition, required }) => {
    const label = condition === "healthy" ? "" : `|${condition}|`;
    return `${indent}${idOf(path)} ${required ? "-->" : "-.->"}${label} ${idOf(on)}`;
  });
}

function dotOf(tree: TreeDescription, indent: string): string[] {
  const inside = `${indent}  `;
  return [
    `${indent}subgraph "cluster_${tree.path}" {`,
    `${inside}label="${tree.name}";`,
    ...tree.services.flatMap((child) =>
      child.services
        ? // A box needs a point to draw arrows from: a cluster has none of its own.
          [...dotOf(child, inside), `${inside}"${child.path}" [shape=point, style=invis];`]
        : [`${inside}"${child.path}" [label="${child.name}"];`],
    ),
    ...tree.services.flatMap((child) => dotArrows(child, tree.services, inside)),
    `${indent}}`,
  ];
}

function dotArrows(child: ChildDescription, siblings: readonly ChildDescription[], indent: string): string[] {
  return child.dependsOn.map(({ path: on, condition, required }) => {
    const target = siblings.find(({ path }) => path === on);
    const attributes = [
      ...(condition === "healthy" ? [] : [`label="${condition}"`]),
      ...(required ? [] : ["style=dashed"]),
      ...(child.services ? [`ltail="cluster_${child.path}"`] : []),
      ...(target?.services ? [`lhead="cluster_${on}"`] : []),
    ];
    return `${indent}"${child.path}" -> "${on}"${attributes.length > 0 ? ` [${attributes.join(", ")}]` : ""};`;
  });
}

/** A name may hold characters that an id of mermaid must not have, and words that mermaid reserves. */
function idOf(path: string): string {
  return `n_${path.replace(/[^A-Za-z0-9]/g, (char) => `_${char.codePointAt(0)!.toString(16)}_`)}`;
}
