// The narrow tree beside another view: names and badges, to choose a service.

import { store, useStore } from "../model/store.ts";
import { looks, toneOf } from "../model/tones.ts";
import { toLines } from "../model/tree.ts";
import { Badge } from "../parts/badge.tsx";
import { Icon } from "../parts/icon.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";
import { onTreeKey, useFolding } from "./tree-rows.tsx";

export function TreeSide() {
  const { history, tree, choice } = useStore();
  const { collapsed, toggle } = useFolding();
  const lines = toLines(tree!, history!.at(choice.cursor), collapsed, choice.query);
  const selected = lines.findIndex(({ node }) => node.path === choice.selected);
  return (
    <nav class="side" aria-label="Services">
      <div
        class="fill"
        role="tree"
        aria-label="Supervisors and services"
        aria-activedescendant={selected === -1 ? undefined : `side-${choice.selected}`}
        tabIndex={0}
        onKeyDown={(event) => onTreeKey(event, lines, toggle)}
      >
        <VirtualList role="group" count={lines.length} rowHeight={26} reveal={selected}>
          {(index) => {
            const { node, row, isOpen } = lines[index]!;
            const tone = toneOf(row);
            return (
              <div
                key={node.path}
                id={`side-${node.path}`}
                class={`side-row ${index === selected ? "selected" : ""}`}
                role="treeitem"
                aria-level={node.depth + 1}
                aria-selected={index === selected}
                aria-expanded={isOpen ?? undefined}
                tabIndex={-1}
                style={{ paddingLeft: `min(${6 + node.depth * 15}px, 45%)` }}
                onClick={() => store.select(node.path)}
              >
                {isOpen === null ? (
                  <span class="leaf" />
                ) : (
                  <span
                    class="fold"
                    onClick={(event) => {
                      event.stopPropagation();
                      toggle(node.path);
                    }}
                  >
                    <Icon name={isOpen ? "down" : "open"} />
                  </span>
                )}
                <Badge tone={tone} />
                <span class={`name ${isOpen === null ? "" : "supervisor"}`}>{node.name}</span>
                <span class="sr">{looks[tone].label}</span>
              </div>
            );
          }}
        </VirtualList>
      </div>
    </nav>
  );
}
