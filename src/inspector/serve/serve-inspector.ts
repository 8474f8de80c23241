// serve-inspector.ts: serves the page of the inspector for a running tree: it records, streams, explains, and passes on the
// actions of the user. Nothing that happens to the server or to its viewers reaches the tree.

import type { Supervisor } from "../../index.ts";
import { toErrorInfo } from "../record/errors.ts";
import { Recorder } from "../record/recorder.ts";
import type { Session } from "../shared/protocol.ts";
import { act, isAction } from "./actions.ts";
import { answer, refuse } from "./answer.ts";
import { type Api, listen } from "./listen.ts";
import { type InspectorOptions, planInspector, type Served } from "./options.ts";
import { Viewers } from "./viewers.ts";

/** How many pages may watch at once. */
const maxViewers = 32;

/**
 * Serves the inspector of a tree: a page that shows it live and needs nothing but this server.
 *
 * It may be called before the tree starts. From then on the newest facts are kept; without viewers nothing else costs. It
 * does not keep the process alive, and it goes on when the tree stops: call `close` to end it.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for a bad option; Error EADDRINUSE, EACCES, … if it cannot listen.
 */
export async function serveInspector(supervisor: Supervisor, options: InspectorOptions = {}): Promise<Served> {
  const plan = planInspector(supervisor, options);
  const { readOnly } = plan;
  const recorder = new Recorder(supervisor, plan);
  const viewers = new Viewers(recorder, maxViewers);
  const session: Session = { mode: "live", name: supervisor.name, readOnly };

  const api: Api = (req, res, url) => {
    const { pathname } = url;
    if (isAction(pathname)) {
      if (readOnly) refuse(res, 403, "this inspector is read-only");
      else act(supervisor, req, res, pathname).catch(() => res.destroy());
      return true;
    }
    if (req.method !== "GET") return false;
    if (pathname === "/events") viewers.add(req, res);
    else if (pathname === "/api/session") answer(res, 200, session);
    else if (pathname === "/api/recording") answer(res, 200, recorder.record());
    else if (pathname === "/api/explain") answer(res, 200, explain(supervisor, url.searchParams.getAll("path")));
    else return false;
    return true;
  };
  try {
    const { url, close } = await listen(api, { ...plan, holds: false });
    return {
      url,
      async close() {
        await viewers.close();
        recorder.close();
        await close();
      },
    };
  } catch (error) {
    recorder.close();
    throw error;
  }
}

/** How many paths one request may ask about: an explanation may walk over the children of a supervisor. */
const maxExplanations = 50;

function explain(supervisor: Supervisor, paths: readonly string[]): unknown[] {
  return paths.slice(0, maxExplanations).map((path) => {
    try {
      const { intensityLeft, retriesLeft, lastError, ...explanation } = supervisor.explain(path);
      return { ...explanation, path, retriesLeft: toLimit(retriesLeft), intensityLeft: toLimit(intensityLeft) };
    } catch (error) {
      return { path, error: toErrorInfo(error).message };
    }
  });
}

/** JSON has no infinity: null stands for it. */
function toLimit(count: number): number | null {
  return count === Number.POSITIVE_INFINITY ? null : count;
}
