// Ways to break the library on purpose: in `file`, `find` (which is there once) becomes `replace`. `rule` is the rule that
// is broken by it. The suite must notice each; one that it cannot notice has `equivalent`: why. `also` are more places to
// change. With `explore`, the histories or the explorer must notice it, without the test that the rule itself has; it is
// how the explorer is set.

const service = "machines/service.ts";
const parts = "machines/service-parts.ts";
const supervisor = "machines/supervisor.ts";
const supervisorParts = "machines/supervisor-parts.ts";
const probe = "machines/probe.ts";
const policy = (name) => `machines/policies/${name}.ts`;
const tree = (name) => `src/tree/${name}.ts`;
const engine = (name) => `src/engine/${name}.ts`;

export const mutants = [
  // How long, how often.
  {
    file: policy("backoff"),
    find: "** (failures - 1)",
    replace: "** failures",
    rule: "the first failure waits the initial backoff",
  },
  {
    file: policy("backoff"),
    find: "Math.min(rule.maxBackoffMs, grown)",
    replace: "grown",
    rule: "the delay is capped before the jitter",
  },
  {
    file: policy("backoff"),
    find: "jittered > rule.maxBackoffMs ? 2 * rule.maxBackoffMs - jittered : jittered",
    replace: "jittered",
    rule: "jitter never goes beyond the cap",
  },
  {
    file: policy("restart"),
    find: "failures > rule.maxRetries",
    replace: "failures >= rule.maxRetries",
    rule: "maxRetries failures are retried",
  },
  {
    file: policy("restart"),
    find: "readyForMs >= resetAfterMs",
    replace: "readyForMs > resetAfterMs",
    rule: "ready exactly as long clears the count",
  },
  {
    file: policy("restart"),
    find: 'return end === "failed" ? kept + 1 : kept;',
    replace: "return kept + 1;",
    rule: "a completed end is no failure",
  },
  {
    file: policy("restart"),
    find: '"on-failure": { completed: "stop"',
    replace: '"on-failure": { completed: "restart"',
    rule: "on-failure does not restart what has completed",
  },
  {
    file: policy("restart"),
    find: 'never: { completed: "stop", failed: "fail"',
    replace: 'never: { completed: "stop", failed: "restart"',
    rule: "never restarts nothing",
  },
  {
    file: policy("restart"),
    find: "const exhausted = end ===",
    replace: "const exhausted = wish === undefined && end ===",
    rule: "decide cannot go beyond maxRetries",
  },
  {
    file: policy("intensity"),
    find: "now - at < withinMs",
    replace: "now - at <= withinMs",
    rule: "a restart exactly withinMs old is outside of the window",
  },
  {
    file: policy("intensity"),
    find: ".length >= intensity.maxRestarts",
    replace: ".length > intensity.maxRestarts",
    rule: "maxRestarts are allowed, one more is not",
  },
  {
    file: policy("strategy"),
    find: "first: (failed: number) => failed }",
    replace: "first: (failed: number) => failed + 1 }",
    rule: "rest-for-one includes the failed one",
  },
  {
    file: policy("shutdown"),
    find: "significantLeft === 0",
    replace: "significantLeft <= 1",
    rule: "all-significant waits for the last one",
  },
  {
    file: policy("gate"),
    find: '    pending: "closed",\n    unhealthy: "closed",\n    healthy: "met",',
    replace: '    pending: "closed",\n    unhealthy: "met",\n    healthy: "met",',
    rule: "healthy is more than started",
  },
  {
    file: policy("gate"),
    find: 'verdict === "hopeless" && !required',
    replace: 'verdict === "hopeless" && required',
    rule: "only what is not required may be hopeless",
  },
  {
    file: policy("health"),
    find: "  return critical\n",
    replace: "  return !critical\n",
    rule: "a critical child that is not healthy makes unhealthy, another degraded",
  },
  {
    file: policy("health"),
    find: "tally.otherUnhealthy + tally.degraded > 0",
    replace: "tally.otherUnhealthy > 0",
    rule: "a degraded child degrades its parent",
  },

  // The life of a service.
  {
    file: parts,
    find: "event.incarnation !== context.incarnation",
    replace: "event.incarnation > context.incarnation",
    rule: "an old incarnation changes nothing",
  },
  {
    file: parts,
    find: 'if (by === "group" || by === "dependency") context.restarts++;\n  else context.failures = 0;',
    replace: 'if (by === "group" || by === "dependency") context.restarts++;',
    rule: "a start by hand has a fresh budget",
  },
  {
    file: parts,
    find: '    context.failures = countFailures(context.failures, "completed", readyForMs(context, at), resetAfterMs);\n',
    replace: "",
    rule: "the count clears however a long life ended",
  },
  {
    file: parts,
    find: "context.stopTimeoutMs = Math.min(context.rule.stopTimeoutMs, timeoutMs);",
    replace: "context.stopTimeoutMs = context.rule.stopTimeoutMs;",
    rule: "a stop can be given less time",
  },
  {
    file: parts,
    find: 'if ((event as { by: By }).by === "dependency") context.restarts++;\n    else context.failures = 0;',
    replace: 'if ((event as { by: By }).by === "dependency") context.restarts++;',
    rule: "a restart by hand has a fresh budget",
  },
  {
    file: parts,
    find: 'exit.kind === "failed" && !failing',
    replace: 'exit.kind === "failed"',
    rule: "one that failed before it was stopped has not failed to stop",
  },
  {
    file: service,
    find: '        "service.start": { guard: "isByHand", actions: "intendRestart" },\n',
    replace: "",
    rule: "started while it stops, it comes back",
  },
  {
    file: service,
    find: '        { guard: "failsToStop", target: "failed", actions: "setEnd" },\n',
    replace: "",
    rule: "what did not stop well is not stopped",
  },
  {
    file: service,
    find: '            { guard: "isGated", target: "waiting", actions: "setDelayed" },\n',
    replace: "",
    rule: "the gate is asked again after the delay",
  },
  {
    file: service,
    find: '        "service.restart": begin("setSoonerStart"),\n        "service.stop": stopAtOnce,\n',
    replace: '        "service.restart": begin("setSoonerStart"),\n',
    rule: "a stop ends a backoff",
  },
  {
    file: service,
    find: '"service.stop": [{ guard: "isLastCall", actions: ["intendStop", "abandon"] }, { actions: "intendStop" }]',
    replace: '"service.stop": { actions: "intendStop" }',
    rule: "a deadline of the whole tree cuts short the stops in progress",
  },
  {
    file: service,
    find: '        { guard: "isHeldForGroup", target: "backoff.held" },\n',
    replace: "",
    rule: "one that fails in a group restarts with it",
  },

  // The life of a supervisor.
  {
    file: supervisor,
    find: '{ guard: "isFatal", target: "stopping", actions: ["setChildFailure", "escalate"] }',
    replace: '{ target: "stopping", actions: ["setChildFailure", "escalate"] }',
    rule: "only a critical child fails its supervisor",
  },
  {
    file: supervisorParts,
    find: "Math.max(context.groupDelayMs, (event as Restarting).delayMs)",
    replace: "(event as Restarting).delayMs",
    rule: "of several backoffs in a group the longest counts",
  },
  {
    file: supervisor,
    find: '    { guard: "isTooIntense", target: "stopping", actions: ["setIntensity", "escalate"] },\n',
    replace: "",
    rule: "too many restarts fail the supervisor",
  },
  {
    file: supervisor,
    find: '                  {\n                    guard: "wasUp",\n                    target: "#supervisor.lifecycle.running",\n                    actions: ["clearGroupDelay", "startGroup"],\n                  },\n',
    replace: "",
    rule: "a group that restarts later is not a start of the tree",
  },
  {
    file: supervisorParts,
    find: "Object.assign(context, atRest);",
    replace: "Object.assign(context, atRest, { restartTimes: context.restartTimes });",
    rule: "a new start has a fresh intensity",
  },
  {
    file: supervisorParts,
    find: "deadlineOf(event as StopRequest) < context.stopDeadlineAt",
    replace: "deadlineOf(event as StopRequest) > context.stopDeadlineAt",
    rule: "a second stop can shorten the deadline",
  },
  {
    file: supervisor,
    find: '          always: { guard: "isNotSupervising", target: "unhealthy" },\n          on: {\n            "children.rated": [\n              { guard: "isDegraded"',
    replace: '          on: {\n            "children.rated": [\n              { guard: "isDegraded"',
    rule: "a supervisor that is not running is unhealthy",
  },

  // Probes.
  {
    file: probe,
    find: 'isLastFailure: { all: ["isChecking", "isCurrent", ',
    replace: 'isLastFailure: { all: ["isChecking", ',
    rule: "only the answer of the check in flight counts",
  },
  {
    file: probe,
    find: "context.failures++;\n    context.passes = 0;",
    replace: "context.failures++;",
    rule: "a failure breaks a row of passes",
  },
  {
    file: probe,
    find: "context.failures + 1 >= context.rule.failureThreshold",
    replace: "context.failures >= context.rule.failureThreshold",
    rule: "the last of failureThreshold failures counts",
  },
  {
    file: tree("probe"),
    find: "this.#send({ type: up ?",
    replace: "if (up) this.#send({ type: up ?",
    rule: "nothing is probed that is not up",
  },
  {
    file: tree("watchdog"),
    find: "  feed(): void {\n    this.#fedAt = this.#unit.child.tree.clock.now();",
    replace: "  feed(): void {",
    rule: "a heartbeat feeds the watchdog",
  },

  // Incarnations.
  {
    file: tree("unit"),
    find: '      this.child.onLate(this, outcome.kind === "failed" && !this.isAbort(outcome.error) ? outcome.error : null);\n',
    replace: "",
    rule: "a late end is reported",
  },
  {
    file: tree("unit"),
    find: 'if (this.#stage !== "pending" || !this.child.isWanted) return;',
    replace: 'if (this.#stage !== "pending") return;',
    rule: "code does not begin when a stop was faster",
  },
  {
    file: tree("unit"),
    find: 'if (this.#stage !== "begun" || this.isEnding) return;',
    replace: 'if (this.#stage !== "begun") return;',
    rule: "one that is ending does not become ready",
  },
  {
    file: tree("unit"),
    find: "cause === stopReason || ",
    replace: "",
    rule: "rejecting with the signal's reason is a stop",
    equivalent: "the signal's reason is an AbortError, too",
  },
  {
    file: tree("judgement"),
    find: "const wish = isOwn ? wishOf(child, unit, own) : undefined;",
    replace: "const wish = wishOf(child, unit, own);",
    rule: "decide is not asked about requested ends",
  },
  {
    file: tree("unit"),
    find: "    if (this.isEnding) {\n      this.child.log.debug",
    replace: "    if (this.isOver) {\n      this.child.log.debug",
    rule: "the first cause of an end wins",
  },
  {
    file: tree("units"),
    find: "if (this.askedAt !== null || this.isOver) return this.#takeDown();",
    replace: "if (this.isOver) return this.#takeDown();",
    rule: "what a start that was cut short returns is stopped",
  },

  // Order, groups, hands.
  {
    file: tree("stop-order"),
    find: "dependants === 0 || !child.standing",
    replace: "dependants >= 0 || !child.standing",
    rule: "a dependency stops after its dependants",
  },
  {
    file: tree("stop-order"),
    find: "for (const [child] of ready.reverse())",
    replace: "for (const [child] of ready)",
    rule: "the last defined stops first",
  },
  {
    file: tree("supervisor"),
    find: 'if (child.phase === "grouped" || child.phase === "held")',
    replace: 'if (child.phase === "grouped" || child.phase === "byHand" || child.phase === "held")',
    rule: "a group does not revive what was stopped by hand",
  },
  {
    file: policy("restart"),
    find: 'withGroup: "dismiss"',
    replace: 'withGroup: "restart"',
    rule: "a group does not revive what has completed",
  },
  {
    file: policy("strategy"),
    find: "return other >= strategyTable[strategy].first(failed);",
    replace: "return true;",
    rule: "the failure of one before the rest widens the group",
  },
  {
    file: service,
    find: 'entry: "setUp", on: { "readiness.failed"',
    replace: 'on: { "readiness.failed"',
    rule: "a newcomer that has been up is supervised like the others",
  },
  {
    file: tree("verbs"),
    find: "child.isDownOrGoing || (child.tree",
    replace: "(child.tree",
    rule: "a restart after a stop is not the one before it",
  },
  {
    file: tree("dependants"),
    find: '|| (condition === "completed" && phase === "completed")',
    replace: "",
    rule: "a dependency on a completion is not hurt by it",
  },
  {
    file: tree("dependants"),
    find: "    if (!isMeant(dependant)) continue;\n",
    replace: "",
    rule: "a failure does not touch those that it lets in",
  },
  {
    file: "machines/states.ts",
    find: 'failed: { none: { ...over, dependency: "failed" }, grouped: down, scheduled: live },',
    replace:
      'failed: { none: { ...over, dependency: "failed" }, grouped: { ...over, dependency: "failed" }, scheduled: live },',
    rule: "a dependency that restarts with its group is not beyond hope",
  },
  {
    file: parts,
    find: 'if (intent === "byHand") return "byHand";',
    replace: "",
    rule: "what the user has asked to stop is not revived by its group",
  },
  {
    file: tree("teardown"),
    find: '    if (exit.kind === "unstopped" && child.plan.rule.stopTimeoutMs === 0) return;\n',
    replace: "",
    rule: "what was left behind on purpose is not an error of the stop",
  },
  {
    file: tree("supervisor"),
    find: "if (!this.isSupervising || child.isNewcomer) return;",
    replace: "if (!this.isSupervising) return;",
    rule: "a newcomer that never comes up does not escalate",
  },
  {
    file: tree("table"),
    find: "(this.#added.get(child) ?? this.starts) < this.starts",
    replace: "false",
    rule: "what was added at run time is forgotten",
  },
  {
    file: tree("aggregate"),
    find: "child.standing.isOver || child.isStoppedByHand",
    replace: "child.standing.isOver",
    rule: "one that was stopped by hand does not hold an automatic shutdown up",
  },
  {
    file: "machines/states.ts",
    find: 'byHand: { ...over, rating: "excused" }',
    replace: "byHand: over",
    rule: "what was stopped by hand does not count for the health",
  },
  {
    file: engine("steps"),
    find: "!reenter && !source.isAtomic",
    replace: "!source.isAtomic",
    rule: "compiled, a step that re-enters its state leaves it first",
    equivalent: "none of the states with children that the charts re-enter has actions or delays of its own",
  },
  {
    file: engine("steps"),
    find: "region.leaves.indexOf(leaf)) * region.stride",
    replace: "region.leaves.indexOf(leaf))",
    rule: "compiled, a step leads to another state of its own region",
  },
  {
    file: engine("step-parts"),
    find: "guards.includes(false)",
    replace: "guards.includes(true)",
    rule: "compiled, guards that are joined are what they are in XState",
  },
  {
    file: engine("compile"),
    find: "taken = to.eventless.length === 0 ? null : take(to.eventless, args, taker);",
    replace: "taken = null;",
    rule: "compiled, eventless steps are taken",
  },
  {
    file: engine("chart-actor"),
    find: "    this.#context = { ...this.#context };\n",
    replace: "",
    rule: "a snapshot that was kept does not change",
  },
  {
    file: engine("chart-actor"),
    find: "        if (this.#asked !== null) this.#asked.snapshot = undefined;\n",
    replace: "",
    rule: "a snapshot shows the newest step",
  },
  {
    file: engine("chart-actor"),
    find: "      this.#waiting = [...this.#waiting, event];",
    replace: "      this.#take(event);",
    rule: "an event that comes during a step is taken after it",
  },
  {
    file: tree("verbs"),
    find: "  if (!child.standing.isServing) await whenUp",
    replace: "  await whenUp",
    rule: "starting what runs resolves",
  },
  {
    file: tree("verbs"),
    find: "if (paths.length > 0) throw",
    replace: "if (paths.length > 1) throw",
    rule: "what others require is not removed",
  },
  {
    file: tree("outbox"),
    find: "    this.#seq++;\n    return this.isHeard(type) ? this.#seq : null;",
    replace: "    return this.isHeard(type) ? ++this.#seq : null;",
    rule: "unheard updates are numbered, too",
  },
  {
    file: "src/testing/simulated-clock.ts",
    find: "a.at === b.at && a.order < b.order",
    replace: "a.at === b.at && a.order > b.order",
    rule: "timers of the same time fire in the order in which they were set",
  },

  // Faults from the field that the first round's histories did not find (cases C1 to C5, C8 and C22).
  {
    file: tree("root"),
    find: "if (this.#run.hasEnded) this.#run = new Run();",
    replace: "if (this.#run.hasEnded && this.#run.isUp) this.#run = new Run();",
    rule: "C1: the promises of a run that was cut off while it started are not those of the next one",
    explore: { DEPTH: "3", ONLY: "runs with signals" },
  },
  {
    file: tree("root"),
    find: "if (run === this.#run && !run.hasEnded) this.tree.inContext(",
    replace: "this.tree.inContext(",
    also: [
      {
        file: tree("root"),
        find: '    const exit = await run.exit;\n    signal?.removeEventListener("abort", onAbort);\n',
        replace: "    const exit = await run.exit;\n",
      },
    ],
    rule: "C1: the signal of a run stops no later run",
    explore: { DEPTH: "4", ONLY: "runs with signals" },
  },
  {
    file: tree("supervisor"),
    find: "    // Cleared at once, so that a failure from here on begins a new group restart.\n    this.#group = null;\n",
    replace: "",
    also: [
      {
        file: supervisor,
        find: '{ guard: "joinsGroup", target: "regrouping", reenter: true, actions: "setGroupDelay" }',
        replace: '{ guard: "joinsGroup", actions: "setGroupDelay" }',
      },
    ],
    rule: "C2: a failure after a group restart is one of its own, not held for ever",
    explore: { DEPTH: "3", ONLY: "rest-for-one, b on a: optional" },
  },
  {
    file: tree("add-service"),
    find: "for (const { name: on } of dependencies) refuseLeaving(",
    replace: "for (const { name: on } of []) refuseLeaving(",
    rule: "C3: a newcomer cannot depend on what is being removed",
  },
  {
    file: tree("table"),
    find: "for (const dependant of this.#bereaved.of(name)) joinTo(child, dependant);",
    replace: "",
    rule: "C4: a service that is added again is the dependency again",
    explore: { DEPTH: "3", ONLY: "one-for-one, b on a: optional" },
  },
  {
    file: tree("add-service"),
    find: "  refuseCircle(child, path, find);\n",
    replace: "",
    rule: "a service that is added again does not depend on its own dependants",
    explore: { DEPTH: "2", ONLY: "added again" },
  },
  {
    file: tree("add-service"),
    find: "required && stays(dependant)",
    replace: "!required && stays(dependant)",
    rule: "a newcomer that has not come up stays while another waits for it",
    explore: { DEPTH: "3", ONLY: "newcomers" },
  },
  {
    file: tree("add-service"),
    find: "dependant.isLive || !additions.has(dependant)",
    replace: "dependant.isLive",
    rule: "a newcomer that has not come up stays where one with a schedule requires it",
  },
  {
    file: tree("table"),
    find: "if (areAdded) return;",
    replace: "return;",
    rule: "a service that is being added is part of a start once a new definition names it",
  },
  {
    file: tree("group-restart"),
    find: "this.#members.has(child) || (this.covers",
    replace: "(this.covers",
    rule: "a group waits for all that it stops, wherever a new order has them",
  },
  {
    file: tree("waiting"),
    find: "one = one.owner?.parent ?? null",
    replace: "one = null",
    rule: "nothing is started below a supervisor on its way down",
  },
  {
    file: tree("supervisor"),
    find: "else if (this.#isLostAtStart(child))",
    replace: "else if (this.#isLostAtStart(child) && false)",
    rule: "a start fails when what it waits for is failed for good by hand",
  },
  {
    file: tree("supervisor"),
    find: "completeDefinition(names, this.#wasUp)",
    replace: "completeDefinition(names, true)",
    rule: "what a definition brings while the tree starts is part of that start",
    explore: { DEPTH: "3", ONLY: "a definition that comes" },
  },
  {
    file: tree("units"),
    find: "    if (this.#pending.size === 0) this.#endStopped();\n",
    replace: "    this.#endStopped();\n",
    rule: "C5: the promise of an actor is waited for",
    explore: { DEPTH: "2", ONLY: "actors" },
  },
  {
    file: tree("order-by-hand"),
    find: "if (dependantsGoing(child).length === 0) return null;",
    replace: "return null;",
    rule: "C8: a service that is stopped by hand stops after its dependants",
    explore: { DEPTH: "1", ONLY: "restarted with it" },
  },
  {
    file: tree("order-by-hand"),
    find: "return current.#takeOver(this.#again);",
    replace: "return;",
    rule: "what stopped before a verb by hand starts again with the last verb about the same service",
  },
  {
    file: tree("reader"),
    find: "if (this.#dropped > 0 && !this.#hasReported) {",
    replace: "if (this.#dropped > 0) {",
    rule: "C22: updates follow a notice that some were dropped",
    explore: { DEPTH: "1", ONLY: "actors" },
  },
];
