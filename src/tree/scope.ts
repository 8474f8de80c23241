// scope.ts: the interface by which a host (Node) traces an escaped error back to the incarnation whose code threw it.
// The code of each incarnation runs in a scope of its own. A tree has no scope by default, and then it costs nothing.

/** One incarnation, as the code that catches stray errors sees it. */
export interface Incarnation {
  readonly child: { readonly path: string };
  readonly incarnation: number;
  /** Publishes an error of its code that escaped into the host, and fails the incarnation unless it is over. */
  blame(error: Error): void;
}

export interface Scope {
  /** Runs the code of an incarnation. */
  inside<T>(incarnation: Incarnation, code: () => T): T;
  /** Runs code that belongs to no incarnation, even when called from the code of one. */
  outside<T>(code: () => T): T;
}

/** An object that has a scope, which is a tree. */
export interface Scoped {
  scope: Scope | null;
}

/** The key of a handle's tree, for the other entries of this package only. Shared by all copies of the package. */
export const treeKey = Symbol.for("statevisor.tree");
