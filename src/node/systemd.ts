// notifySystemd: reports the state of a tree to systemd, by its notification protocol.

import { spawn } from "node:child_process";
import { invalid } from "../contract/check.ts";
import { textOf } from "../contract/wording.ts";
import type { Supervisor } from "../handle.ts";

/**
 * Reports the tree to systemd (a unit with `Type=notify`): READY=1 once `start()` has succeeded, STOPPING=1 when it
 * stops, STATUS= with a line about its health at each change, and, where the unit has `WatchdogSec=`, WATCHDOG=1 at twice
 * that rate while the tree has not failed and is not unhealthy. So systemd restarts a program whose event loop is stuck,
 * and one whose critical services do not come back: give `WatchdogSec=` more time than their backoff takes.
 *
 * Without NOTIFY_SOCKET in the environment, as outside of systemd, it does nothing. Returns the remover, after which
 * nothing more is sent.
 *
 * Limits. Node has no datagram sockets of this kind, so each message is a run of the program `systemd-notify`, one at a
 * time. That process is not the main process of the unit: the unit needs `NotifyAccess=all`. Messages that come meanwhile
 * are sent as one, the newest of each kind. A message that cannot be sent, because the machine is out of descriptors or
 * processes, is tried again; without the program there is one warning (`StatevisorWarning`), and nothing is sent.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for anything but a supervisor.
 */
export function notifySystemd(supervisor: Supervisor): () => void {
  if (typeof supervisor?.on !== "function") {
    throw invalid("notifySystemd", "supervisor", "what createSupervisor returns", supervisor);
  }
  if (!process.env.NOTIFY_SOCKET) return () => {};
  const messenger = new Messenger();
  const { name } = supervisor;
  const report = () => messenger.send(toMessage(supervisor));
  const removers = [
    supervisor.on("status", ({ path }) => {
      if (path === name) report();
    }),
    supervisor.on("health", ({ path }) => {
      if (path === name) report();
    }),
  ];
  if (supervisor.status().state !== "stopped") report();
  const intervalMs = watchdogMs() / 2;
  if (intervalMs > 0) {
    const timer = setInterval(() => {
      if (isWell(supervisor)) messenger.send({ WATCHDOG: "1" });
    }, intervalMs);
    timer.unref();
    removers.push(() => clearInterval(timer));
  }
  return () => {
    for (const remove of removers) remove();
    messenger.close();
  };
}

type Message = Record<string, string>;

function toMessage(supervisor: Supervisor): Message {
  const { state, error } = supervisor.status();
  const { status, services } = supervisor.health();
  const STATUS = error && state === "failed" ? `failed: ${error.message}` : `${state}, ${status}`;
  const ill = Object.entries(services).filter(([, { healthy, running }]) => running && !healthy);
  const message: Message = {
    STATUS: oneLine(ill.length > 0 ? `${STATUS} (${ill.map(([path]) => path).join(", ")})` : STATUS),
  };
  if (state === "running") message.READY = "1";
  if (state === "stopping") message.STOPPING = "1";
  return message;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 1_000);
}

/** A start and a stop have timeouts of their own in systemd, so that the watchdog is fed meanwhile. */
function isWell(supervisor: Supervisor): boolean {
  const { state } = supervisor.status();
  if (state === "running") return supervisor.health().status !== "unhealthy";
  return state === "starting" || state === "stopping";
}

/** 0: the unit has no watchdog, or one for another process. */
function watchdogMs(): number {
  const { WATCHDOG_USEC, WATCHDOG_PID } = process.env;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(process.pid)) return 0;
  const ms = Number(WATCHDOG_USEC) / 1_000;
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

/** systemd-notify is not there, or may not be run: that does not change while the program runs. */
const finalCodes = ["ENOENT", "EACCES"];
/** The pause before a message that could not be sent is tried again. */
const retryMs = 250;

/** Sends one message at a time; the messages that come meanwhile wait as one. */
class Messenger {
  #waiting: Message = {};
  #isSending = false;
  #isClosed = false;
  #hasWarned = false;
  /** As it was at first: a program may take NOTIFY_SOCKET out of what its children get. */
  readonly #env = { ...process.env };

  send(message: Message): void {
    if (this.#isClosed) return;
    this.#waiting = { ...this.#waiting, ...message };
    if (!this.#isSending) this.#sendNext();
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = {};
  }

  #sendNext(): void {
    const message = this.#waiting;
    const lines = Object.entries(message).map(([variable, value]) => `${variable}=${value}`);
    this.#isSending = lines.length > 0;
    if (!this.#isSending) return;
    this.#waiting = {};
    try {
      const child = spawn("systemd-notify", lines, { stdio: "ignore", env: this.#env });
      child.once("error", (error) => this.#failed(message, error));
      child.once("exit", () => {
        this.#hasWarned = false;
        this.#sendNext();
      });
    } catch (error) {
      this.#failed(message, error);
    }
  }

  /** The machine may be out of descriptors or processes for a while: then the message is sent later, unless it is old by then. */
  #failed(message: Message, error: unknown): void {
    const isFinal = finalCodes.includes(textOf(error, "code"));
    if (!this.#hasWarned) {
      const outlook = isFinal ? "" : "; it will be tried again";
      const text = `systemd hears nothing: systemd-notify: ${textOf(error)}${outlook}`;
      process.emitWarning(text, "StatevisorWarning");
    }
    this.#hasWarned = true;
    if (isFinal) return this.close();
    if (!this.#isClosed) this.#waiting = { ...message, ...this.#waiting };
    setTimeout(() => this.#sendNext(), retryMs).unref();
  }
}
