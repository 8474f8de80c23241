// scopes.ts: what the code of one path of a lifecycle test brings about in its host: open resources, each with the line
// that made it, and errors that nobody handles. What other tests in the same process do is not counted.
//
// Needs the asynchronous hooks of Node. `isExact` is false elsewhere (a browser, Bun, Deno).

import { siteOf } from "./sites.ts";

/** Something that is open. */
export interface Open {
  /** `"Timeout"`, `"TCPServerWrap"`, as `process.getActiveResourcesInfo()` calls it. */
  readonly kind: string;
  /** The line that made it: `"src/services.ts:44"`; null where that is not known. */
  readonly madeAt: string | null;
}

/** An error that nobody handled. */
export interface Stray {
  readonly what: string;
  readonly madeAt: string | null;
}

interface Made {
  readonly kind: string | null;
  readonly error: Error;
  readonly parent: Made | undefined;
  readonly resource: WeakRef<object>;
}

interface Hooks {
  createHook(callbacks: {
    init(id: number, type: string, trigger: number, resource: object): void;
    destroy(id: number): void;
  }): { enable(): void; disable(): void };
  executionAsyncId(): number;
  AsyncLocalStorage: new <T>() => { run<R>(store: T, code: () => R): R; getStore(): T | undefined };
}

interface Host {
  getBuiltinModule?(name: string): unknown;
  rawListeners(event: string): ((...args: unknown[]) => unknown)[];
  on(event: string, listener: (...args: unknown[]) => unknown): void;
  off(event: string, listener: (...args: unknown[]) => unknown): void;
  removeAllListeners(event: string): void;
}

/** The resources that can keep a process alive, by the names that the hooks have for them. */
const kinds: Readonly<Record<string, string>> = {
  Timeout: "Timeout",
  TCPSERVERWRAP: "TCPServerWrap",
  TCPWRAP: "TCPSocketWrap",
  PIPESERVERWRAP: "PipeServerWrap",
  PIPEWRAP: "PipeWrap",
  PROCESSWRAP: "ProcessWrap",
  WORKER: "Worker",
  MESSAGEPORT: "MessagePort",
  FSEVENTWRAP: "FSEventWrap",
  STATWATCHER: "StatWatcher",
  UDPWRAP: "UDPWrap",
  SIGNALWRAP: "SignalWrap",
};

const { process: host } = globalThis as unknown as { process?: Host };
const isNode = host?.getBuiltinModule !== undefined && !("Bun" in globalThis) && !("Deno" in globalThis);
const hooks = isNode ? (host.getBuiltinModule!("node:async_hooks") as Hooks) : undefined;
const origins = hooks && new hooks.AsyncLocalStorage<Scope>();
const owners = new Map<number, Scope>();

const hook = hooks?.createHook({
  init(id, type, _, resource) {
    const scope = type === "PROMISE" ? undefined : origins!.getStore();
    if (scope === undefined) return;
    owners.set(id, scope);
    scope.made.set(id, {
      kind: kinds[type] ?? null,
      error: capture(),
      parent: scope.made.get(hooks.executionAsyncId()),
      resource: new WeakRef(resource),
    });
  },
  destroy(id) {
    owners.get(id)?.made.delete(id);
    owners.delete(id);
  },
});

/** An error with a deep stack: what makes a resource is often far above the host's own functions. */
function capture(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const error = new Error();
  Error.stackTraceLimit = limit;
  return error;
}

/** The scope of one path. */
export class Scope {
  readonly made = new Map<number, Made>();
  readonly strays: Stray[] = [];
  /** The lines that added listeners, by the names of the listeners. */
  readonly sites = new Map<string, string | null>();

  /** Whether this host tells who has made what. */
  static get isExact(): boolean {
    return hook !== undefined;
  }

  /** Runs code of the path. Whatever follows from it belongs to this scope. */
  inside<T>(code: () => T): T {
    return origins === undefined ? code() : origins.run(this, code);
  }

  /** Whether the code that runs now is of this scope; always, where that is not known. */
  get isInside(): boolean {
    return origins === undefined || origins.getStore() === this;
  }

  /** What is open now and keeps the process alive. */
  get open(): Open[] {
    return [...this.made.values()].flatMap((made) => {
      if (made.kind === null) return [];
      const resource = made.resource.deref() as { hasRef?(): boolean } | undefined;
      const isHeld = resource !== undefined && (resource.hasRef?.() ?? true);
      return isHeld ? [{ kind: made.kind, madeAt: findSite(made) }] : [];
    });
  }

  /** Notes which line adds a listener. */
  noteListener(name: string): void {
    if (this.isInside) this.sites.set(name, siteOf(capture()));
  }

  close(): void {
    for (const id of this.made.keys()) owners.delete(id);
    this.made.clear();
  }
}

/** The line of the user's that made a resource, or that led to what made it. */
function findSite(made: Made): string | null {
  for (let one: Made | undefined = made; one !== undefined; one = one.parent) {
    const site = siteOf(one.error);
    if (site !== null) return site;
  }
  return null;
}

/** Begins to watch. Returns the end of it. Of an error outside of all scopes the host hears as before. */
export function watchHost(): () => void {
  hook?.enable();
  const ends = origins === undefined ? [] : ["unhandledRejection", "uncaughtException"].map(catchStrays);
  return () => {
    hook?.disable();
    for (const end of ends) end();
  };
}

function catchStrays(event: string): () => void {
  const others = host!.rawListeners(event);
  host!.removeAllListeners(event);
  const listen = (reason: unknown, ...rest: unknown[]) => {
    const scope = origins!.getStore();
    if (scope !== undefined) {
      const what = event === "unhandledRejection" ? "unhandled rejection" : "uncaught error";
      const { message = String(reason) } = (reason ?? {}) as { message?: string };
      scope.strays.push({ what: `${what}: ${message}`, madeAt: reason instanceof Error ? siteOf(reason) : null });
      return;
    }
    if (others.length === 0) throw reason;
    for (const other of others) other.call(host, reason, ...rest);
  };
  host!.on(event, listen);
  return () => {
    host!.off(event, listen);
    for (const other of others) host!.on(event, other);
  };
}
