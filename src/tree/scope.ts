// Scopes: where a host can tell whose asynchronous work is whose, the code of each incarnation runs in a scope of its
// own, so that an error that escapes into the host finds its way back. Without one, which is the default, it costs nothing.

/** One incarnation, as whoever catches its stray errors sees it. */
export interface Incarnation {
  readonly child: { readonly path: string };
  readonly incarnation: number;
  /** An error of its code has escaped into the host: publishes it, and fails the incarnation unless it is over. */
  blame(error: Error): void;
}

export interface Scope {
  /** Runs the code of an incarnation. */
  inside<T>(incarnation: Incarnation, code: () => T): T;
  /** Runs what belongs to no incarnation, whoever has brought it about. */
  outside<T>(code: () => T): T;
}

/** What has a scope: a tree. */
export interface Scoped {
  scope: Scope | null;
}

/** Where a handle keeps its tree, for the edges of this package alone, of whichever copy of it. */
export const treeKey = Symbol.for("statevisor.tree");
