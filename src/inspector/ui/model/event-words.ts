// event-words.ts: what the events of our charts mean, for a reader who does not know their names. machines/events.ts has
// them in full.

const meanings: Readonly<Record<string, string>> = {
  "service.start": "it is to start: by hand, or by its supervisor",
  "service.stop": "it is to stop: by hand, or by its supervisor",
  "service.restart": "it is to stop and start again",
  "gate.opened": "what it waits for is there",
  "gate.hopeless": "what it waits for will not come",
  "unit.ready": "its code says that it is up",
  "unit.failing": "its code says that it is to be replaced",
  "unit.ended": "its code has ended",
  "readiness.passed": "it can be used",
  "readiness.failed": "it cannot be used now",
  "supervisor.start": "the tree is to start",
  "supervisor.stop": "the tree is to stop",
  "child.failed": "a service has failed for good",
  "child.finished": "a significant service has ended",
  "group.stopped": "the last service of the group is down",
  "children.stopped": "the last service is down",
  "child.restarting": "a service restarts",
  "children.rated": "the health of its services changed",
};

/** "" for an event of the user's. */
export function meaningOf(event: string): string {
  if (event === "") return "at once";
  if (event.startsWith("xstate.after")) return "by itself, after a time";
  if (event.startsWith("xstate.")) return "by itself, when what it runs is done";
  return meanings[event] ?? "";
}
