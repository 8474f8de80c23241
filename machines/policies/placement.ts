// placement.ts: which node takes which role. Every node computes the same from the same records, so no node coordinates.
// A role stays where it is while its holder qualifies and has no more than its share.

/** A node that could take roles. */
export interface Candidate {
  readonly session: string;
  readonly node: string;
  readonly version: string;
  /** The roles that it would take; empty while it drains. */
  readonly roles: readonly string[];
}

/** A role, or one shard of it. */
export interface Placeable {
  /** `"ledger"`, or `"inbox/17"`. */
  readonly claim: string;
  /** The role. The shards of one role share it, and are spread evenly. */
  readonly role: string;
  /** The session that holds it now. */
  readonly holder: string | null;
  /** The session that it is handed to. */
  readonly to: string | null;
  /** The names of nodes on which it has failed. They are asked again once it has failed on all. */
  readonly avoid: readonly string[];
  /** The name of the node that it should go to if that node qualifies: the one that held it last. */
  readonly last: string | null;
  /** The name of the node that an operator moves it to, whatever its share. */
  readonly pinned: string | null;
  /** The newest version does not come first. */
  readonly ignoresVersion?: boolean;
}

/** The session for each claim; null if no node qualifies. */
export type Plan = ReadonlyMap<string, string | null>;

/**
 * Places every role.
 *
 * Each node has a share of the shards of a role: shares differ by at most one, and the larger ones go to those that hold
 * or held more, then to the newest version. A holder keeps what it holds up to its share. What is left goes to the session that it
 * is handed to, else to the node that held it last, else to a node whose share is not full: newest version first, then the
 * highest weight. The order of the candidates and of the roles does not matter.
 */
export function placeRoles(candidates: readonly Candidate[], roles: readonly Placeable[]): Plan {
  const plan = new Map<string, string | null>();
  const groups = new Map<string, Placeable[]>();
  for (const one of roles) {
    const group = groups.get(one.role);
    if (group === undefined) groups.set(one.role, [one]);
    else group.push(one);
  }
  for (const [role, group] of groups) {
    const able = candidates.filter((candidate) => candidate.roles.includes(role));
    placeGroup(able, group, plan);
  }
  return plan;
}

interface Place {
  readonly candidate: Candidate;
  quota: number;
  count: number;
  /** How many of the roles it holds, and how many free ones it held last. */
  held: number;
  missed: number;
  /** How many versions are newer. */
  readonly age: number;
  /** For the role that is being placed. */
  weight: number;
}

function placeGroup(able: readonly Candidate[], group: readonly Placeable[], plan: Map<string, string | null>): void {
  const places = new Map<string, Place>();
  const ages = toAges(able);
  for (const candidate of able)
    places.set(candidate.session, {
      candidate,
      quota: 0,
      count: 0,
      held: 0,
      missed: 0,
      age: ages.get(candidate.version)!,
      weight: 0,
    });
  const ordered = [...group].sort((a, b) => compare(a.claim, b.claim));
  const byNode = new Map([...places.values()].map((place) => [place.candidate.node, place]));
  for (const { holder, last } of ordered) {
    const place = holder === null ? undefined : places.get(holder);
    const before = last === null ? undefined : byNode.get(last);
    if (place !== undefined) place.held++;
    else if (before !== undefined) before.missed++;
  }
  const all = [...places.values()];
  setQuotas(all, group);
  const left: Placeable[] = [];
  for (const one of ordered) {
    const pinned = one.pinned === null ? undefined : byNode.get(one.pinned);
    if (pinned !== undefined) {
      take(one, pinned, plan);
      continue;
    }
    const place = one.holder === null ? undefined : places.get(one.holder);
    if (place !== undefined && place.count < place.quota && !isAvoided(one, place.candidate, able)) {
      place.count++;
      plan.set(one.claim, place.candidate.session);
    } else left.push(one);
  }
  const rest: Placeable[] = [];
  for (const one of left) {
    const place = toWish(one, places, byNode, able);
    if (place === undefined) rest.push(one);
    else take(one, place, plan);
  }
  for (const one of rest) {
    const best = chooseBest(one, all, able);
    if (best === null) plan.set(one.claim, null);
    else take(one, best, plan);
  }
}

/** For each version, how many of the others are newer. */
function toAges(able: readonly Candidate[]): ReadonlyMap<string, number> {
  const newestFirst = [...new Set(able.map(({ version }) => version))].sort((a, b) => compareVersions(b, a));
  const ages = new Map<string, number>();
  let last: string | undefined;
  for (const [index, version] of newestFirst.entries()) {
    // "1.0" is as new as "1".
    const isSame = last !== undefined && compareVersions(last, version) === 0;
    ages.set(version, isSame ? ages.get(last!)! : index);
    last = version;
  }
  return ages;
}

function take({ claim }: Placeable, place: Place, plan: Map<string, string | null>): void {
  place.count++;
  plan.set(claim, place.candidate.session);
}

/** The larger shares go to those that hold more, then to those that held more, to the newest version, by weight. */
function setQuotas(places: readonly Place[], group: readonly Placeable[]): void {
  if (places.length === 0) return;
  const base = Math.floor(group.length / places.length);
  const extra = group.length % places.length;
  const { role, ignoresVersion = false } = group[0]!;
  const ranked = [...places].sort(
    (a, b) =>
      b.held - a.held ||
      b.missed - a.missed ||
      (ignoresVersion ? 0 : a.age - b.age) ||
      weigh(role, b.candidate) - weigh(role, a.candidate) ||
      compare(a.candidate.session, b.candidate.session),
  );
  for (const [index, place] of ranked.entries()) place.quota = base + (index < extra ? 1 : 0);
}

/** The place that a free role is handed to, or the node that held it last, while there is room. */
function toWish(
  one: Placeable,
  places: ReadonlyMap<string, Place>,
  byNode: ReadonlyMap<string, Place>,
  able: readonly Candidate[],
): Place | undefined {
  if (one.holder !== null && places.has(one.holder)) return undefined;
  const handed = one.to === null ? undefined : places.get(one.to);
  const wished = handed ?? (one.last === null ? undefined : byNode.get(one.last));
  if (wished === undefined || isAvoided(one, wished.candidate, able)) return undefined;
  return handed !== undefined || wished.count < wished.quota ? wished : undefined;
}

/** Whether a role has failed on this node, and not yet on all nodes that qualify. */
function isAvoided({ avoid }: Placeable, { node }: Candidate, able: readonly Candidate[]): boolean {
  return avoid.includes(node) && able.some((other) => !avoid.includes(other.node));
}

/** The place for a free role; null if it has failed on all. It runs for each free role and each node, and makes nothing anew. */
function chooseBest(one: Placeable, places: readonly Place[], able: readonly Candidate[]): Place | null {
  const begun = hashOn(basis, `${one.claim}/`);
  let best: Place | null = null;
  for (const place of places) {
    if (one.avoid.length > 0 && isAvoided(one, place.candidate, able)) continue;
    place.weight = mix(hashOn(begun, place.candidate.node));
    if (best === null || isBetter(place, best, one)) best = place;
  }
  return best;
}

function isBetter(a: Place, b: Place, { ignoresVersion = false }: Placeable): boolean {
  const roomA = a.count < a.quota ? 0 : 1;
  const roomB = b.count < b.quota ? 0 : 1;
  return (
    (roomA - roomB ||
      // Not the smaller count while both have room: what is left is then placed alike by nodes that have seen some of the
      // claims of the others and by those that have seen none.
      (roomA === 0 ? 0 : a.count - b.count) ||
      (ignoresVersion ? 0 : a.age - b.age) ||
      b.weight - a.weight ||
      compare(a.candidate.session, b.candidate.session)) < 0
  );
}

/** Compares versions by their numeric parts: "1.10.0" is newer than "1.9.3". Anything else in them is left out. */
export function compareVersions(a: string, b: string): number {
  const [partsA, partsB] = [a, b].map((version) => (version.match(/\d+/g) ?? []).map(Number)) as [number[], number[]];
  for (let index = 0; index < Math.max(partsA.length, partsB.length); index++) {
    const difference = (partsA[index] ?? 0) - (partsB[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The rank of a judge among those that could end a silent session: 0 tries first. The others wait longer, so that one
 * write is enough; each would do no harm.
 */
export function rankOf(judge: string, judges: readonly string[], silent: string): number {
  const own = hash(`${silent}/${judge}`);
  return judges.filter((other) => {
    const weight = hash(`${silent}/${other}`);
    return weight > own || (weight === own && other < judge);
  }).length;
}

function weigh(claim: string, { node }: Candidate): number {
  return hash(`${claim}/${node}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** FNV-1a over the UTF-16 code units, with the final mix of MurmurHash3: names that differ in one letter end far apart. */
export function hash(text: string): number {
  return mix(hashOn(basis, text));
}

const basis = 0x811c9dc5;

function hashOn(begun: number, text: string): number {
  let h = begun;
  for (let index = 0; index < text.length; index++) h = Math.imul(h ^ text.charCodeAt(index), 0x01000193);
  return h;
}

function mix(hashed: number): number {
  let h = Math.imul(hashed ^ (hashed >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
