// deeds.ts: does to the tree of a world what the commands of a history say.

import type { SupervisorSpec, Update } from "../../src/index.ts";
import { type Command, isFlag, type Verb, verbs } from "./commands.ts";
import { allStatuses, type Status } from "./invariants/moment.ts";
import { waitsForUp } from "./requests.ts";
import { isSameShape, revise } from "./revise.ts";
import { type ChildShape, canComplete, shapesByName } from "./shape.ts";
import type { World } from "./world.ts";

export class Deeds {
  /** The commands that wait for an update, or for a place in the code of a service. */
  readonly armed = new Map<string, Command[]>();
  /** A stop of the whole tree was given a deadline. */
  hasDeadline = false;
  /** Services were added or removed. */
  hasChanged = false;
  readonly #world: World;
  /** Every service that there has ever been, by its name, and the name of its supervisor. */
  readonly #known = new Map<string, readonly [under: string, shape: ChildShape]>();
  #isListening = false;
  #newest: Promise<unknown> = Promise.resolve();

  constructor(world: World) {
    this.#world = world;
    for (const [path, shape] of world.shapes) this.#known.set(shape.name, [path.split("/").at(-2)!, shape]);
  }

  #react(commands: readonly Command[]): void {
    if (!this.#world.isEnding) for (const command of commands) void this.do(command);
  }

  /** Does what waits for an update, from inside the listener that hears of it. */
  reactToUpdate(update: Update): void {
    // A start that was asked for in a listener begins in a later turn: a stop in between came first.
    const { requests, shapes, supervisor } = this.#world;
    if (update.type === "status") {
      const isRoot = update.path === supervisor.name;
      if (isRoot && update.to === "starting") requests.noteStart();
      const isSupervisor = isRoot || shapes.get(update.path)?.services !== undefined;
      if (isSupervisor && update.to !== "starting" && update.to !== "running") requests.noteStop();
    }
    // It stops its children, though its own state may say so only when they are down.
    if (update.type === "escalation") requests.noteStop();
    this.#isListening = true;
    this.reactTo(`update ${update.seq}`);
    if (update.type === "status") this.reactTo(`${update.path.split("/").at(-1)} is ${update.to}`);
    this.#isListening = false;
  }

  reactTo(moment: string): void {
    const commands = this.armed.get(moment);
    if (commands === undefined) return;
    this.armed.delete(moment);
    this.#react(commands);
  }

  #arm(moment: string, command: Command): void {
    this.armed.set(moment, [...(this.armed.get(moment) ?? []), command]);
  }

  /** Returns a promise if time passes. */
  do(command: Command): Promise<unknown> | undefined {
    const { clock, puppets } = this.#world;
    if (command[0] === "advance") return clock.advance(command[1]);
    if (command[0] === "next") return clock.advanceToNext();
    if (isFlag(command)) puppets.set(...command);
    else this.#doAtOnce(command);
    return undefined;
  }

  #doAtOnce(command: Exclude<Command, ["advance", number] | ["next"]>): void {
    const { supervisor, runs, requests, reading } = this.#world;
    switch (command[0]) {
      case "start":
      case "run":
        requests.noteStart();
        return this.#follow(runs.begin(command[0], this.#isListening));
      case "abort":
        return this.#abort(command[1]);
      case "stop": {
        const [, timeoutMs] = command;
        runs.noteStop();
        requests.noteStop();
        this.hasDeadline ||= timeoutMs !== undefined;
        return this.#request("stop", null, () => supervisor.stop(timeoutMs === undefined ? {} : { timeoutMs }));
      }
      case "redefine":
        return this.#redefine(command);
      case "read":
        return reading.read(command[1]);
      case "when":
        return this.#arm(`update ${command[1]}`, command[2]);
      case "onState":
        return this.#arm(`${command[1]} is ${command[2]}`, command[3]);
      case "inside":
        return this.#arm(`${command[1]} ${command[2]}`, command[3]);
      case "then": {
        const react = () => this.#react([command[1]]);
        return void this.#newest.then(react, react);
      }
      case "now":
        return void this.do(command[1]);
      case "addService":
        return this.#add(command[1], command[2]);
      case "addAgain": {
        const [, name, on] = command;
        const known = this.#known.get(name);
        if (known === undefined) return;
        const [under, shape] = known;
        return this.#add(under, on === undefined ? shape : { ...shape, dependsOn: [{ service: on }] });
      }
      default:
        return this.#doTo(command as [string, string, (number | boolean)?]);
    }
  }

  #doTo([verb, name, detail]: [verb: string, name: string, detail?: number | boolean]): void {
    const path = this.#find(name)?.path;
    if (path === undefined) return;
    const { lives } = this.#world.puppets;
    const [oldest] = lives.of(path);
    const newest = lives.of(path).at(-1);
    const ctx = lives.contextsOf(name)[Number(detail ?? 0)];
    switch (verb) {
      case "replaceService":
        return this.#request(verb, path, () => this.#replace(path));
      case "fail":
        return newest?.fail(new Error("fails on command"));
      case "complete":
        return newest?.complete();
      case "endLate":
        if (oldest?.ctx.signal.aborted) oldest.end(detail ? new Error("fails late") : undefined);
        return;
      case "blame":
        return ctx?.fail(new Error("blamed"));
      case "ready":
      case "heartbeat":
        return ctx?.[verb]();
      default:
        if ((verbs as readonly string[]).includes(verb)) {
          if (verb === "removeService") this.hasChanged = true;
          this.#request(verb, path, () => this.#world.supervisor[verb as Verb](path));
        }
    }
  }

  #find(name: string): Status | undefined {
    return allStatuses(this.#world.supervisor.status()).find((status) => status.name === name);
  }

  #add(under: string, { dependsOn = [], significant: _, ...shape }: ChildShape): void {
    const parent = this.#find(under);
    if (!parent || !("services" in parent)) return;
    const path = `${parent.path}/${shape.name}`;
    this.hasChanged = true;
    this.#world.expect(shape);
    this.#world.updates.forget(path);
    const siblings = dependsOn
      .filter(({ service }) => parent.services.some(({ name }) => name === service))
      .filter(({ service }) => this.#world.shapes.get(`${parent.path}/${service as string}`)?.everyMs === undefined)
      .map((edge) => {
        const sibling = this.#world.shapes.get(`${parent.path}/${edge.service as string}`);
        return sibling === undefined || canComplete(sibling) ? edge : { ...edge, condition: "healthy" as const };
      });
    const whole = siblings.length === 0 ? shape : { ...shape, dependsOn: siblings };
    if (!this.#known.has(shape.name)) this.#known.set(shape.name, [under, { ...shape, dependsOn }]);
    const spec = this.#world.puppets.toSpec(whole);
    this.#request("addService", path, () => this.#world.supervisor.addService(spec, { under: parent.path }));
  }

  async #replace(path: string): Promise<void> {
    const shape = this.#world.shapes.get(path);
    if (!shape) return;
    this.hasChanged = true;
    await this.#world.supervisor.removeService(path);
    this.#add(path.split("/").at(-2)!, shape);
  }

  #redefine([, dropped, changed, isReversed]: Extract<Command, ["redefine", ...unknown[]]>): void {
    const { puppets, requests, supervisor } = this.#world;
    const tree = revise(this.#world.definition, { dropped, changed, isReversed });
    this.hasChanged = true;
    requests.noteStart();
    requests.noteStop();
    for (const shape of shapesByName(tree).values()) this.#world.expect(shape);
    const spec = { name: "app", ...tree, services: tree.services.map((child) => puppets.toSpec(child)) };
    this.#request("redefine", null, () =>
      supervisor.redefine(spec as SupervisorSpec, { isSame: isSameShape }).finally(() => {
        requests.noteStart();
        requests.noteStop();
      }),
    );
  }

  #request(verb: string, path: string | null, act: () => Promise<unknown>): void {
    const { clock, requests } = this.#world;
    // A start that was asked for in a listener acts in a later turn: what is asked for in between comes first.
    const isLater = this.#isListening && waitsForUp.includes(verb);
    const whenItActs = isLater ? (note: () => void) => void clock.setTimeout(note, 0) : undefined;
    this.#follow(requests.call(verb, path, act, whenItActs));
  }

  /** Makes this the newest promise. */
  #follow(promise: Promise<unknown>): void {
    this.#newest = promise;
    promise.catch(() => {});
  }

  #abort(ago: number): void {
    this.#world.requests.noteStop();
    const before = this.#world.supervisor.status().state;
    const isIdle = this.#world.runs.abort(ago);
    const after = this.#world.supervisor.status().state;
    if (isIdle && after !== before) {
      this.#world.updates.broken.push(`a signal of another run makes the tree ${after}`);
    }
  }
}
