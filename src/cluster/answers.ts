// answers.ts: answers what other nodes, and observers, ask of this node's tree, as far as its `control` allows. A change that
// takes longer is answered with a ticket, by which its result can be asked for.

import { SupervisorError } from "../contract/errors.ts";
import type { ServiceStatus } from "../contract/status.ts";
import type { controls } from "./cluster-plan.ts";
import { type Answer, decodeQuestion, encodeAnswer, type Question, toFailure, type Verb, verbs } from "./questions.ts";
import { addresses } from "./records.ts";
import type { Session } from "./session.ts";
import { TreeReaders } from "./tree-readers.ts";

/** How long an answer waits for a change to be over, in milliseconds. */
const patienceMs = 1_000;
/** How long the result of a change is kept, in milliseconds. */
const keptMs = 60_000;
/** How many changes may be under way, or their results kept, at a time. */
const mostChanges = 100;
/** The longest answer, in characters: engines have limits (1 MB with NATS). */
const longestAnswer = 500_000;

const allowed: Record<(typeof controls)[number], readonly (typeof verbs)[Verb][]> = {
  full: ["look", "change"],
  read: ["look"],
  none: [],
};

/** Returns what ends it. */
export function answerQuestions(session: Session): () => void {
  const { connection, id } = session;
  const answers = new Answers(session);
  const remove = connection!.answer(addresses.ask(id), async (text) => encodeAnswer(await answers.answer(text)));
  return () => {
    remove();
    answers.close();
  };
}

class Answers {
  readonly #session: Session;
  readonly #changes = new Map<string, { readonly over: Promise<Answer>; timer: unknown }>();
  readonly #readers: TreeReaders;
  #tickets = 0;

  constructor(session: Session) {
    this.#session = session;
    const { clock, tree } = session.inside;
    this.#readers = new TreeReaders(clock, tree);
  }

  async answer(text: string): Promise<Answer> {
    const question = decodeQuestion(text);
    try {
      if (typeof question === "string") throw new SupervisorError("ERR_INVALID_SPEC", question);
      if (question.verb === "hello") return { ok: true, data: null };
      this.#check(question.verb);
      if (question.verb === "result") return await this.#soon(question.ticket);
      if (question.verb === "updates")
        return { ok: true, data: await this.#readers.read(question.path, Number(question.ticket)) };
      if (verbs[question.verb] === "look") return { ok: true, data: this.#look(question) };
      return await this.#soon(this.#begin(question));
    } catch (error) {
      return toFailure(error);
    }
  }

  close(): void {
    for (const { timer } of this.#changes.values()) if (timer !== null) this.#session.inside.clock.clearTimeout(timer);
    this.#changes.clear();
    this.#readers.close();
  }

  #check(verb: Verb): void {
    const { control } = this.#session.plan;
    if (verb === "result" || allowed[control].includes(verbs[verb])) return;
    const message = `it does not let others ${verb} its services (control: "${control}")`;
    throw new SupervisorError("ERR_NOT_ALLOWED", message);
  }

  #look({ verb, path }: Question): unknown {
    const tree = this.#session.inside.tree();
    if (verb === "explain") return tree.explain(this.#findInner(path)[0] ?? this.#toPath(path));
    const status = tree.status(path === "" ? tree.name : path);
    return { now: tree.now(), status: shorten(status) };
  }

  /** Begins a change, and returns its ticket. */
  #begin(question: Question): string {
    if (this.#changes.size >= mostChanges)
      throw new SupervisorError("ERR_NOT_ALLOWED", `${mostChanges} requests of others are under way already`);
    const ticket = String(++this.#tickets);
    const over = this.#change(question).then((): Answer => ({ ok: true, data: null }), toFailure);
    const change = { over, timer: null as unknown };
    this.#changes.set(ticket, change);
    void over.then(() => {
      if (!this.#changes.has(ticket)) return;
      change.timer = this.#session.inside.clock.setTimeout(() => this.#changes.delete(ticket), keptMs);
    });
    return ticket;
  }

  async #change({ verb, path }: Question): Promise<void> {
    const tree = this.#session.inside.tree();
    if (verb === "start") return tree.startService(this.#toPath(path));
    if (verb === "stop") return tree.stopService(this.#toStoppable(path));
    // One shard after another.
    for (const inner of this.#toInner(path)) await tree.restartService(inner);
  }

  /** The answer to a change; if it takes longer, its ticket. */
  #soon(ticket: string): Promise<Answer> {
    const change = this.#changes.get(ticket);
    if (change === undefined)
      throw new SupervisorError("ERR_OUTCOME_UNKNOWN", "it knows nothing of this request any more");
    const { clock } = this.#session.inside;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve({ ok: null, ticket }), patienceMs);
      void change.over.then((answer) => {
        clock.clearTimeout(timer);
        resolve(answer);
      });
    });
  }

  // Roles have their own names, whatever their paths are here.

  #toPath(path: string): string {
    const [role, ...rest] = path.split("/");
    for (const one of this.#session.participants) if (one.role === role) return [one.path, ...rest].join("/");
    return path;
  }

  /** Without the cluster service nobody could ask this node to start it again. */
  #toStoppable(path: string): string {
    const { inside, path: own, node } = this.#session;
    const found = inside.tree().status(this.#toPath(path)).path;
    if (found !== own && !own.startsWith(`${found}/`)) return found;
    const message = `stopping ${found} ends the membership of node ${node}, and nobody could ask it to start again: stop it on that machine, or drain the node`;
    throw new SupervisorError("ERR_NOT_ALLOWED", message);
  }

  /** The services of a role that run here; what is not a role stays what it is. */
  #toInner(path: string): string[] {
    const inner = this.#findInner(path);
    if (inner.length > 0) return inner;
    throw new SupervisorError("ERR_NOT_RUNNING", `it does not hold ${path}`);
  }

  #findInner(path: string): string[] {
    const [role, ...rest] = path.split("/");
    const participant = [...this.#session.participants].find((one) => one.role === role);
    if (participant === undefined || rest.length > 1) return [this.#toPath(path)];
    const status = this.#session.inside.tree().status(participant.path);
    const services = status.kind === "supervisor" ? status.services : [];
    return services.filter(({ name }) => rest.length === 0 || name === rest[0]).map((one) => one.path);
  }
}

/** A status that is no longer than an answer may be: of a tree that is larger, without what is inside its children. */
function shorten(status: ServiceStatus): ServiceStatus {
  if (status.kind !== "supervisor" || JSON.stringify(status).length <= longestAnswer) return status;
  const services = status.services.map((child) => (child.kind === "supervisor" ? { ...child, services: [] } : child));
  const shallow = { ...status, services };
  return JSON.stringify(shallow).length <= longestAnswer ? shallow : { ...status, services: [] };
}
