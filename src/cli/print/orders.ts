// orders.ts: the orders in which the services of a tree start and stop.

import type { TreeDescription } from "../../contract/description.ts";
import { lastName, withoutRoot } from "./format.ts";
import type { Style } from "./style.ts";

export function formatOrders(tree: TreeDescription, style: Style): string[] {
  return [
    style("dim", "start order (services on one line start side by side)"),
    ...formatOrder(tree, "startOrder"),
    "",
    style("dim", "stop order"),
    ...formatOrder(tree, "stopOrder"),
  ];
}

/** The order of a nested supervisor stands below its name. */
function formatOrder(tree: TreeDescription, order: "startOrder" | "stopOrder", indent = "  "): string[] {
  return tree[order].flatMap((paths, i) => {
    const nested = tree.services.filter((child) => paths.includes(child.path) && child.services);
    return [
      `${indent}${i + 1}. ${paths.map(lastName).join(", ")}`,
      ...nested.flatMap((child) => [
        `${indent}   ${withoutRoot(child.path)}:`,
        ...formatOrder(child as TreeDescription, order, `${indent}     `),
      ]),
    ];
  });
}
