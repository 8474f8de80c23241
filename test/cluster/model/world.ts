// The state of the model: nodes, what each of them knows, the store, and what is on its way between them. All of it is plain
// data, so that a state is copied, compared and merged as text.

import { begin, change, chart, longest, rule } from "./charts.ts";

export interface SessionEntry {
  rev: number;
  node: number;
  state: "up" | "gone";
  willing: boolean;
  why: "silent" | "unseen" | "rejoined" | null;
}

export interface ClaimEntry {
  rev: number;
  state: "held" | "free" | "failed";
  node: number;
  session: string;
  attempt: number;
  token: number;
  failures: number;
  avoid: number[];
  delay: number;
}

/** What a node has seen of an entry, and how many ticks ago. */
export type Seen<Entry> = Entry & { age: number };

export interface Op {
  kind:
    | "open"
    | "create"
    | "read"
    | "renew"
    | "gone"
    | "expel"
    | "claim"
    | "readClaim"
    | "release"
    | "reread"
    | "giveUp";
  node: number;
  session: string;
  /** The claim, or -1. */
  claim: number;
  /** The revision that it replaces; 0: there must be none. */
  rev: number;
  /** Of a session: what is written. */
  entry: SessionEntry | null;
  record: ClaimEntry | null;
  /** The number of the renewal, or of the attempt, by which the chart knows it. */
  number: number;
  age: number;
  stage: "request" | "answer";
  /** It may take any time. What is not slow arrives before time passes. */
  isSlow: boolean;
  /** Of a read: what it found. Of a write: its revision; null if it was refused. */
  result: unknown;
}

export interface Role {
  /** The number of the state of its chart. */
  chart: number;
  held: ClaimEntry | null;
  attempt: number;
  service: "none" | "up" | "stopping" | "unstopped";
  /** The revision at which the last claim was refused; -1: none was. */
  refused: number;
}

export interface Node {
  index: number;
  /** How many sessions of it are known. */
  count: number;
  life: "up" | "frozen" | "crashed" | "stopped";
  isCut: boolean;
  /** Its watch brings nothing. */
  isStale: boolean;
  /** It was frozen, and its timers are due. */
  isWoken: boolean;
  isStopping: boolean;
  session: string;
  stage: "joining" | "member" | "stepping" | "over";
  /** The number of the state of its chart. */
  chart: number;
  /** The session's record says so. */
  written: { rev: number; age: number; willing: boolean };
  joinedAge: number;
  former: string | null;
  sessions: Record<string, Seen<SessionEntry>>;
  claims: (Seen<ClaimEntry> | null)[];
  ops: Op[];
  /** The sessions that it has tried to end in this tick. */
  judged: string[];
  roles: Role[];
}

export interface World {
  faults: number;
  next: number;
  nextAttempt: number;
  sessions: Record<string, SessionEntry>;
  claims: (ClaimEntry | null)[];
  nodes: Node[];
  /** Requests for which nobody waits any more, and which may still arrive. */
  late: Op[];
  /** Of each claim, the token of the last activation. */
  tokens: number[];
  /** What broke an invariant, if something did. */
  violation: string | null;
}

export function newRole(): Role {
  return { chart: begin("role"), held: null, attempt: 0, service: "none", refused: -1 };
}

export function newNode(index: number, claims: number): Node {
  return {
    index,
    count: 0,
    life: "up",
    isCut: false,
    isStale: false,
    isWoken: false,
    isStopping: false,
    session: "",
    stage: "joining",
    chart: begin("membership"),
    written: { rev: 0, age: 0, willing: true },
    joinedAge: 0,
    former: null,
    sessions: {},
    claims: Array.from({ length: claims }, () => null),
    ops: [],
    judged: [],
    roles: Array.from({ length: claims }, newRole),
  };
}

export function copy(world: World): World {
  return copyValue(world) as World;
}

function copyValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyValue);
  const made: Record<string, unknown> = {};
  for (const key in value) made[key] = copyValue((value as Record<string, unknown>)[key]);
  return made;
}

/**
 * The same state in the one form that it has: revisions, attempts and sessions are numbered anew, and what makes no
 * difference any more is forgotten. May change the world that it is given.
 */
export function normalise(world: World, keepsLate: boolean): Normal {
  forget(world, keepsLate);
  renumber(world);
  const text = JSON.stringify(world);
  const renamed = rename(world.nodes, text);
  return { world: renamed === text ? world : (JSON.parse(renamed) as World), text: renamed };
}

export interface Normal {
  readonly world: World;
  readonly text: string;
}

function forget(world: World, keepsLate: boolean): void {
  // Revisions only grow: a request whose revision is past never takes effect.
  if (!keepsLate) world.late = world.late.filter((op) => isOpen(world, op));
  for (const op of world.late) op.age = op.number = 0;
  const { sessions } = world;
  for (const node of world.nodes) {
    if (node.life === "crashed" || node.life === "stopped") forgetAll(node);
    forgetTimes(world, node);
    const { session, written, roles } = node;
    const isEchoed = (node.sessions[session]?.rev ?? 0) >= written.rev;
    if (isEchoed) written.age = 0;
    for (const [id, seen] of Object.entries(node.sessions)) if (seen.state === "gone" || id === session) seen.age = 0;
    for (const seen of node.claims) if (seen !== null && seen.delay === 0) seen.age = 0;
    for (const [claim, role] of roles.entries()) {
      if (role.refused !== (node.claims[claim]?.rev ?? 0)) role.refused = -1;
      if (chart(role.chart).value === "standby" && !node.ops.some((op) => op.claim === claim)) {
        role.chart = begin("role");
        role.attempt = 0;
      }
    }
  }
  let text = "";
  for (const [id, { state }] of Object.entries(sessions)) {
    if (state !== "gone" || world.nodes.some((node) => node.sessions[id]?.state === "up")) continue;
    text ||= JSON.stringify({ ...world, sessions: 0 });
    // As often as nodes have seen it, and in no other place.
    const known = world.nodes.filter((node) => node.sessions[id] !== undefined).length;
    if (text.split(`"${id}"`).length - 1 > known) continue;
    delete sessions[id];
    for (const node of world.nodes) delete node.sessions[id];
  }
}

/** A process that is gone begins with nothing when it starts again. */
function forgetAll(node: Node): void {
  if (node.roles.some(({ service }) => service !== "none")) return;
  const { index, count, life, isCut, claims } = node;
  Object.assign(node, newNode(index, claims.length), { count, life, isCut, stage: "over" });
}

/** Times that nothing will be compared with. */
function forgetTimes({ sessions }: World, node: Node): void {
  const isOpening = node.ops.some(({ kind }) => kind === "open");
  if (!isOpening || (node.former !== null && sessions[node.former]?.state !== "up")) node.former = null;
  for (const op of node.ops) {
    if (op.kind === "open") op.age = 0;
    else if (op.kind !== "create" && op.kind !== "renew") op.age = Math.min(op.age, rule.retryPeriodMs);
  }
  // Whoever it has seen, it has seen since it joined: that stays so.
  const others = Object.entries(node.sessions).filter(([id, { state }]) => id !== node.session && state !== "gone");
  if (node.stage === "joining" || others.every(([, { age }]) => age <= node.joinedAge)) node.joinedAge = longest;
  node.judged = node.judged.filter((id) => node.sessions[id]?.state === "up");
}

function isOpen(world: World, { kind, session, claim, rev }: Op): boolean {
  if (kind === "create") return world.sessions[session] === undefined;
  if (claim >= 0) return (world.claims[claim]?.rev ?? 0) === rev;
  return world.sessions[session]?.rev === rev;
}

/** The sessions of each node, numbered from 1. */
function rename(nodes: readonly Node[], given: string): string {
  let text = given;
  for (const node of nodes) {
    if (node.count === 1) continue;
    const counts = new Set<number>();
    for (let count = 1; count <= node.count; count++) if (text.includes(`"s${node.index}.${count}"`)) counts.add(count);
    if (counts.size === node.count) continue;
    for (const [rank, count] of [...counts].entries())
      if (rank + 1 !== count) text = text.replaceAll(`"s${node.index}.${count}"`, `"s${node.index}.${rank + 1}"`);
    text = text.replace(`"index":${node.index},"count":${node.count}`, `"index":${node.index},"count":${counts.size}`);
  }
  return text;
}

function renumber(world: World): void {
  const revs: { rev: number }[] = [...Object.values(world.sessions)];
  const records: ClaimEntry[] = [];
  const note = (entry: ClaimEntry | null) => entry !== null && records.push(entry);
  world.claims.forEach(note);
  const ops = [...world.late];
  for (const node of world.nodes) {
    revs.push(...Object.values(node.sessions), node.written);
    node.claims.forEach(note);
    for (const role of node.roles) note(role.held);
    ops.push(...node.ops);
  }
  for (const op of ops) {
    revs.push(op);
    if (op.entry !== null) revs.push(op.entry);
    note(op.record);
    const { result } = op;
    if (typeof result === "object" && result !== null) {
      if ("attempt" in result) note(result as ClaimEntry);
      else revs.push(result as SessionEntry);
    }
  }
  revs.push(...records);
  const numbers = new Set([0]);
  for (const { rev } of revs) numbers.add(rev);
  for (const node of world.nodes) numbers.add(chart(node.chart).context.revision as number);
  for (const { result } of ops) if (typeof result === "number") numbers.add(result);
  const roles = world.nodes.flatMap((node) => node.roles);
  for (const { refused } of roles) if (refused >= 0) numbers.add(refused);
  const ranks = toRanks(numbers);
  for (const one of new Set(revs)) one.rev = ranks.get(one.rev)!;
  for (const op of ops) if (typeof op.result === "number") op.result = ranks.get(op.result)!;
  for (const role of roles) if (role.refused >= 0) role.refused = ranks.get(role.refused)!;
  for (const node of world.nodes) {
    const { context } = chart(node.chart);
    const shift = context.renewal as number;
    const revision = ranks.get(context.revision as number)!;
    for (const op of node.ops) if (op.kind === "renew") op.number -= shift;
    if (shift !== 0 || revision !== context.revision)
      node.chart = change(node.chart, { context: { revision, renewal: 0 } });
    for (const [claim, role] of node.roles.entries()) shiftAttempts(node, claim, role);
  }
  shiftTokens(world, records);
  world.next = numbers.size;
  const holders = [...records, ...roles];
  const attempts = toRanks(new Set([0, ...holders.map(({ attempt }) => attempt)]));
  for (const one of new Set(holders)) one.attempt = attempts.get(one.attempt)!;
  world.nextAttempt = attempts.size;
}

/** The numbers of tokens do not matter: only their order does, and which one is next. */
function shiftTokens(world: World, records: readonly ClaimEntry[]): void {
  if (world.claims.length > 1) return;
  const least = Math.min(world.tokens[0]!, ...records.map(({ token }) => token)) - 1;
  if (least <= 0) return;
  for (const record of new Set(records)) record.token -= least;
  world.tokens[0]! -= least;
}

function shiftAttempts(node: Node, claim: number, role: Role): void {
  const shift = chart(role.chart).context.attempt as number;
  for (const op of node.ops) if (op.claim === claim && /laim$/.test(op.kind)) op.number -= shift;
  if (shift !== 0) role.chart = change(role.chart, { context: { attempt: 0 } });
}

function toRanks(numbers: ReadonlySet<number>): ReadonlyMap<number, number> {
  return new Map([...numbers].sort((a, b) => a - b).map((number, rank) => [number, rank]));
}

/** A hash of 53 bits. */
export function hashOf(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    a = Math.imul(a ^ char, 2_654_435_761);
    b = Math.imul(b ^ char, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & b) + (a >>> 0);
}
