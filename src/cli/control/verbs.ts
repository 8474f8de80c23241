// verbs.ts: carries out what a client of the control socket asks for, on the running tree.

import { SupervisorError, toError } from "../../contract/errors.ts";
import { toReport } from "../report.ts";
import { attach } from "./attach.ts";
import { type Call, schemaVersion, toFailure } from "./call.ts";
import { describeAge, isOutdated } from "./config-age.ts";
import { eachService, restart, summaryOf, tellWaits } from "./each-service.ts";
import { followLogs } from "./follow-logs.ts";
import type { Running } from "./running.ts";
import { waitFor } from "./waits.ts";

/** How many lines of output `explain` shows. */
const shownOutput = 10;

export type CheckedVerb = keyof typeof verbs;

/** Each verb answers by `call.send`, and resolves to whether all went well: the client then exits with 0. */
export const verbs = {
  status: async ({ config, supervisor, journal, startedAt }: Running, call: Call) => {
    const { services } = call;
    const tree = supervisor.status();
    call.send({
      schemaVersion,
      project: config.file,
      configChanged: isOutdated(config.read),
      pid: process.pid,
      startedAt: new Date(startedAt).toISOString(),
      now: supervisor.now(),
      tree: toReport(tree, supervisor, journal),
      // The services that the client named, in that order; an unknown name is an error.
      ...(services.length > 0 && {
        services: services.map((path) => toReport(supervisor.status(path), supervisor, journal)),
      }),
    });
    const age = describeAge(config.read);
    if (age !== undefined) call.notice(age);
    return true;
  },

  health: async ({ supervisor }: Running, call: Call) => {
    const health = supervisor.health();
    const services = Object.entries(health.services).map(([path, service]) => {
      const { phase, exit } = supervisor.status(path);
      return [path, { ...service, phase, exit }];
    });
    call.send({ schemaVersion, ...health, services: Object.fromEntries(services) });
    return health.status !== "unhealthy";
  },

  explain: async ({ supervisor, journal }: Running, call: Call) => {
    for (const service of call.services) {
      const explanation = supervisor.explain(service);
      const output = journal.newest([explanation.path], shownOutput).map(({ text }) => text);
      call.send({ schemaVersion, ...explanation, output });
    }
    return true;
  },

  logs: async ({ supervisor, journal }: Running, call: Call) => {
    const paths = call.services.map((path) => supervisor.status(path).path);
    for (const line of journal.newest(paths, call.lines, call.since)) call.send({ schemaVersion, ...line });
    if (call.follow) await followLogs(journal, paths, call);
    return true;
  },

  attach,

  start: (running: Running, call: Call) => eachService(running, call, (path) => running.supervisor.startService(path)),
  stop: (running: Running, call: Call) => eachService(running, call, (path) => running.supervisor.stopService(path)),
  restart: (running: Running, call: Call) =>
    eachService(running, call, (path) => restart(running.supervisor, path, call)),

  wait: async ({ supervisor }: Running, call: Call) => {
    const paths = call.services.length === 0 ? [supervisor.name] : call.services;
    for (const service of paths) supervisor.status(service);
    const stopTelling = tellWaits(supervisor, new Set(paths), call);
    const waited = await waitFor(supervisor, paths, call).finally(stopTelling);
    const isUp = waited.every(({ outcome }) => outcome === "up");
    for (const one of waited) {
      const summary = summaryOf(supervisor, one.service) ?? "it was removed";
      // What is late because another is hopeless says nothing.
      if (isUp || one.outcome !== "late" || !waited.some(({ outcome }) => outcome === "hopeless")) {
        call.send({ schemaVersion, ...one, summary });
      }
    }
    return isUp;
  },

  reload: async (running: Running, call: Call) => {
    const { dryRun } = call;
    const { difference, apply } = await running.reload();
    const document = { schemaVersion, dryRun, ...difference };
    if (dryRun) {
      call.send(document);
      return true;
    }
    const pending = new Set([...difference.added, ...difference.changed]);
    const stopTelling = tellWaits(running.supervisor, pending, call);
    try {
      await apply();
      call.send(document);
      return true;
    } catch (error) {
      call.send(document);
      for (const one of failuresOf(error)) call.send({ schemaVersion, ...one });
      return false;
    } finally {
      stopTelling();
    }
  },

  down: async ({ supervisor }: Running, call: Call) => {
    await supervisor.stop();
    call.send({ schemaVersion, stopped: true });
    return true;
  },
};

/** One for each service that failed to stop or to start. */
function failuresOf(thrown: unknown) {
  const { errors = [] } = thrown as { errors?: readonly Error[] };
  const all = errors.length > 0 ? errors : [toError(thrown)];
  return all.map((error) => {
    const path = error instanceof SupervisorError ? error.path : undefined;
    return { service: path ?? null, error: toFailure(error) };
  });
}
