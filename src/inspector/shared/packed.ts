// packed.ts: a tree and its rows in few bytes, for the stream: what many services have in common is sent once. Pure.

import type { ChildDescription, TreeDescription } from "../../contract/description.ts";
import type { Row, State } from "./protocol.ts";

/** The services in the order of the tree, each before its children: one place for each service in the first three lists. */
export interface PackedTree {
  names: string[];
  /** What each service is beside its name, its dependencies and its children: a place in `shared`. */
  kinds: number[];
  /** How many children each supervisor has; -1 for a service. */
  sizes: number[];
  shared: object[];
  /** The dependencies of the services that have some: the places of a sibling among its siblings, and in `shared`. */
  needs: Record<number, [sibling: number, shared: number][]>;
  /** The orders of a start and of a stop of each supervisor: the places of its children. */
  orders: Record<number, { start: number[][]; stop: number[][] }>;
}

/** A moment, whose rows are columns. */
export interface PackedState extends Omit<State, "rows"> {
  /** The place of each row in the tree, or the path of one that is no longer in it. */
  places: (number | string)[];
  kinds: number[];
  since: number[];
  startedAt: (number | null)[];
  shared: object[];
}

type Described = TreeDescription | ChildDescription;
type Unpacked = {
  path: string;
  name: string;
  dependsOn?: object[];
  services?: object[];
  startOrder?: string[][];
  stopOrder?: string[][];
};

export function packTree(tree: TreeDescription): PackedTree {
  const table = new Table();
  const packed: PackedTree = { names: [], kinds: [], sizes: [], shared: table.all, needs: {}, orders: {} };
  const visit = (described: Described, siblings: ReadonlyMap<string, number>): void => {
    const { path: _, name, services, startOrder, stopOrder, ...common } = described as TreeDescription;
    const { dependsOn = [], ...shared } = common as typeof common & Partial<Pick<ChildDescription, "dependsOn">>;
    const place = packed.names.length;
    packed.names.push(name);
    packed.kinds.push(table.placeOf(shared));
    packed.sizes.push(services?.length ?? -1);
    if (dependsOn.length > 0) {
      packed.needs[place] = dependsOn.map(({ path, ...how }) => [siblings.get(path)!, table.placeOf(how)]);
    }
    if (services === undefined) return;
    const places = new Map(services.map((child, index) => [child.path, index]));
    const toPlaces = (order: readonly (readonly string[])[]) =>
      order.map((paths) => paths.map((path) => places.get(path)!));
    packed.orders[place] = { start: toPlaces(startOrder), stop: toPlaces(stopOrder) };
    for (const child of services) visit(child, places);
  };
  visit(tree, new Map());
  return packed;
}

export function unpackTree({ names, kinds, sizes, shared, needs, orders }: PackedTree): TreeDescription {
  let count = 0;
  const next = (parent: string | null): Unpacked => {
    const place = count++;
    const name = names[place]!;
    const path = parent === null ? name : `${parent}/${name}`;
    const own: Unpacked = { path, name, ...shared[kinds[place]!], ...(parent !== null && { dependsOn: [] }) };
    const size = sizes[place]!;
    if (size === -1) return own;
    const placed = Array.from({ length: size }, () => [count, next(path)] as const);
    const pathOf = (index: number): string => placed[index]![1].path;
    // The path of a sibling is known once all of them are made.
    for (const [at, child] of placed) {
      if (at in needs) child.dependsOn = needs[at]!.map(([to, how]) => ({ path: pathOf(to), ...shared[how] }));
    }
    const { start, stop } = orders[place]!;
    return {
      ...own,
      services: placed.map(([, child]) => child),
      startOrder: start.map((list) => list.map(pathOf)),
      stopOrder: stop.map((list) => list.map(pathOf)),
    };
  };
  return next(null) as unknown as TreeDescription;
}

/** `tree`: the one that the page is sent with it. */
export function packState({ rows, ...rest }: State, tree: TreeDescription): PackedState {
  const places = new Map(pathsOf(tree).map((path, place) => [path, place]));
  const table = new Table();
  const packed: PackedState = { ...rest, places: [], kinds: [], since: [], startedAt: [], shared: table.all };
  let [last, kind]: [Row | null, number] = [null, -1];
  for (const row of rows) {
    if (last === null || !isAlike(row, last)) {
      const { path: _, since: __, startedAt: ___, ...shared } = row;
      kind = table.placeOf(shared);
    }
    last = row;
    packed.places.push(places.get(row.path) ?? row.path);
    packed.kinds.push(kind);
    packed.since.push(row.since);
    packed.startedAt.push(row.startedAt);
  }
  return packed;
}

/** Whether two rows have the same in common; neighbours mostly have, and comparing them is fast. */
function isAlike(row: Row, other: Row): boolean {
  for (const field in row) {
    if (field === "path" || field === "since" || field === "startedAt") continue;
    if (row[field as keyof Row] !== other[field as keyof Row]) return false;
  }
  // The one field that not every row has.
  return row.note === other.note;
}

export function unpackState(packed: PackedState, tree: TreeDescription): State {
  const paths = pathsOf(tree);
  const { places, kinds, since, startedAt, shared, ...rest } = packed;
  const rows = places.map((place, index) => {
    const path = typeof place === "string" ? place : paths[place]!;
    const row = { path, ...shared[kinds[index]!], since: since[index], startedAt: startedAt[index] };
    return row as Row;
  });
  return { ...rest, rows };
}

/** The path of each place. */
function pathsOf(tree: TreeDescription): string[] {
  const paths: string[] = [];
  const visit = (described: Described): void => {
    paths.push(described.path);
    for (const child of described.services ?? []) visit(child);
  };
  visit(tree);
  return paths;
}

/** Each value once. */
class Table {
  readonly all: object[] = [];
  readonly #places = new Map<string, number>();

  placeOf(value: object): number {
    const key = JSON.stringify(value);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.all.length);
    return this.all.push(value) - 1;
  }
}
