// revise.ts: other definitions of the same tree.

import type { ChildShape, TreeShape } from "./shape.ts";

interface Revision {
  readonly dropped: readonly string[];
  readonly changed: readonly string[];
  readonly isReversed: boolean;
}

/** The tree without some services and without the dependencies on them, with others changed, perhaps the other way round. */
export function revise<Tree extends TreeShape>(tree: Tree, { dropped, changed, isReversed }: Revision): Tree {
  const services = tree.services
    .filter(({ name }) => !dropped.includes(name))
    .map(({ dependsOn, ...shape }): ChildShape => {
      const left = dependsOn?.filter(({ service }) => !dropped.includes(service as string));
      const own = {
        ...shape,
        ...(left && { dependsOn: left }),
        ...(changed.includes(shape.name) && { stopTimeoutMs: shape.stopTimeoutMs + 1 }),
      };
      return own.services === undefined ? own : revise(own as ChildShape & TreeShape, { dropped, changed, isReversed });
    });
  return { ...tree, services: isReversed ? services.reverse() : services };
}

/** For `isSame` of redefine: the specs of puppets are functions, whose shapes say what they are. */
export function isSameShape(before: unknown, after: unknown): boolean | undefined {
  const [one, other] = [shapeIn(before), shapeIn(after)];
  return one === undefined || other === undefined ? undefined : one === other;
}

function shapeIn(spec: unknown): string | undefined {
  const shape = (spec as { meta?: { shape?: ChildShape } } | null | undefined)?.meta?.shape;
  return shape && JSON.stringify({ ...shape, services: shape.services && [] });
}
