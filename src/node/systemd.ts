// notifySystemd: tells systemd how the tree is, by its notification protocol.

import { spawn } from "node:child_process";
import { invalid } from "../contract/check.ts";
import type { Supervisor } from "../supervisor.ts";

/**
 * Tells systemd (a unit with `Type=notify`) about the tree: READY=1 once `start()` has succeeded, STOPPING=1 when it
 * stops, STATUS= with a line about its health at each change, and, where the unit has `WatchdogSec=`, WATCHDOG=1 at twice
 * that rate while the tree has not failed and is not unhealthy. So systemd restarts a program whose event loop is stuck,
 * and one whose critical services do not come back: give `WatchdogSec=` more time than their backoff takes.
 *
 * Without NOTIFY_SOCKET in the environment, as outside of systemd, it does nothing. Returns the remover, which sends
 * nothing more.
 *
 * Limits. Node has no sockets of this kind, so each message is a run of the program `systemd-notify`, one at a time. That
 * one is not the main process of the unit: it needs `NotifyAccess=all`. Messages that pile up meanwhile are sent as one,
 * the newest of each kind. Without the program, one warning (`StatevisorWarning`), and nothing more.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for what is not a supervisor.
 */
export function notifySystemd(supervisor: Supervisor): () => void {
  if (typeof supervisor?.on !== "function") {
    throw invalid("notifySystemd", "supervisor", "what createSupervisor returns", supervisor);
  }
  if (!process.env.NOTIFY_SOCKET) return () => {};
  const messenger = new Messenger();
  const { name } = supervisor;
  const tell = () => messenger.send(toMessage(supervisor));
  const removers = [
    supervisor.on("status", ({ path }) => {
      if (path === name) tell();
    }),
    supervisor.on("health", ({ path }) => {
      if (path === name) tell();
    }),
  ];
  if (supervisor.status().state !== "stopped") tell();
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

/** While it starts and stops, systemd counts other times. */
function isWell(supervisor: Supervisor): boolean {
  const { state } = supervisor.status();
  if (state === "running") return supervisor.health().status !== "unhealthy";
  return state === "starting" || state === "stopping";
}

/** 0: systemd wants no watchdog, or not of this process. */
function watchdogMs(): number {
  const { WATCHDOG_USEC, WATCHDOG_PID } = process.env;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(process.pid)) return 0;
  const ms = Number(WATCHDOG_USEC) / 1_000;
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

/** Sends one message at a time; what comes meanwhile waits as one. */
class Messenger {
  #waiting: Message = {};
  #isSending = false;
  #isClosed = false;

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
    const lines = Object.entries(this.#waiting).map(([variable, value]) => `${variable}=${value}`);
    this.#isSending = lines.length > 0;
    if (!this.#isSending) return;
    this.#waiting = {};
    const child = spawn("systemd-notify", lines, { stdio: "ignore" });
    child.once("error", (error) => {
      this.close();
      process.emitWarning(`systemd is told nothing: systemd-notify: ${error.message}`, "StatevisorWarning");
    });
    child.once("exit", () => this.#sendNext());
  }
}
