// program.ts: the verbs and flags of the command line. The code of a verb is loaded when the verb is called.

import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { CliError, exitCodes } from "./cli-error.ts";
import type { Verb } from "./commands/completion-scripts.ts";
import { harmless } from "./print/harmless.ts";
import { whenWritten } from "./print/when-written.ts";
import { version } from "./version.ts";

/** Runs one command; returns the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = createProgram(args, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(`statevisor: ${harmless(error.message, false)}\n`);
    return error.exitCode;
  }
}

function createProgram(args: readonly string[], onExit: (code: number) => void): Command {
  const program = new Command("statevisor")
    .description("Runs the services of a project as a supervision tree, and shows why one is not starting.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .addHelpText(
      "after",
      `
Exit codes: 0 stopped as asked or completed; 1 the tree failed; 2 usage; 3 nothing is running; 4 bad config;
124 a --timeout ran out; 130, 143 a second signal cut it short.`,
    )
    .exitOverride()
    // `up` goes on when the reader of its output has gone; every other verb has nothing left to do.
    .hook("preAction", (_, action) => {
      if (action.name() !== "up") process.stdout.on("error", endWithReader);
    })
    .hook("postAction", async (_, action) => {
      if (action.name() !== "up") await whenWritten(process.stdout, Number.POSITIVE_INFINITY);
    });

  const verb = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .helpOption("-h, --help", "print help")
      .option(
        "-c, --config <file>",
        "the config file (default: the nearest statevisor.config.* at or above this folder)",
      );
  const profile = () => new Option("--profile <name...>", "run the services of these profiles, too");
  const json = () => new Option("--json", "print JSON, one document a line");

  verb("up [services...]", "run the tree in the foreground; with services: those and what they depend on")
    .addOption(json())
    .option("--plain", "on a terminal: print lines alone, and take no keys")
    .addOption(profile())
    .addOption(new Option("--inspect [port]", "serve the inspector").argParser(toPort))
    .option("--record <file>", "record the run in a file, which `inspect` shows, even if this program is killed")
    .addOption(new Option("--health-port <port>", "serve the health endpoints").argParser(toPort))
    .addOption(new Option("--health-host <host>", "the address of --health-port").default("127.0.0.1"))
    .addOption(
      new Option("--drain <time>", "before a stop, run on for so long while /readyz answers 503: 5s").argParser(
        toDuration,
      ),
    )
    .option("--watch", "restart services when the files of their `watch` change")
    .option("-d, --detach", "run it in the background; return when it is up, or with the reason when it fails")
    .option("--no-wait", "with --detach: return when it has begun")
    .addOption(new Option("--background").hideHelp())
    .action(async (services, options) => {
      if (options.detach) return onExit(await (await import("./commands/detach.ts")).detach(args, options));
      onExit(await (await import("./commands/up.ts")).up(services, options));
    });

  verb("attach", "show the running tree as `up` does; leaving (q, Ctrl-C) stops nothing")
    .addOption(json())
    .option("--plain", "on a terminal: print lines alone, and take no keys")
    .action(async (options) => onExit(await (await import("./commands/attach.ts")).attach(options)));
  verb("status [services...]", "what runs, since when, and why the rest does not")
    .addOption(json())
    .action(async (services, options) =>
      onExit(await (await import("./commands/status.ts")).status(services, options)),
    );
  verb("health", "the health of the tree; exit code 1 when it is unhealthy")
    .addOption(json())
    .action(async (options) => onExit(await (await import("./commands/health.ts")).health(options)));
  verb("explain <services...>", "why a service is in its state, what it waits for, when the next attempt comes")
    .addOption(json())
    .action(async (services, options) =>
      onExit(await (await import("./commands/explain.ts")).explain(services, options)),
    );
  verb("logs [services...]", "the newest output")
    .addOption(json())
    .option("-f, --follow", "go on with what comes")
    .addOption(new Option("-n, --lines <count>", "how many lines first").default(100).argParser(toCount))
    .addOption(
      new Option("--since <time>", "only what came since: 10m, 2h, 1d, or a time such as 2026-01-31T12:00").argParser(
        toTime,
      ),
    )
    .action(async (services, options) => onExit(await (await import("./commands/logs.ts")).logs(services, options)));
  verb("wait [services...]", "return when they are healthy or completed; exit code 1 when they will not be")
    .addOption(json())
    .addOption(new Option("--timeout <time>", "how long at most: 30s, 5m; exit code 124 then").argParser(toDuration))
    .action(async (services, options) => onExit(await (await import("./commands/wait.ts")).wait(services, options)));
  for (const name of ["start", "stop", "restart"] as const) {
    const change = verb(`${name} <services...>`, `${name} services of the running tree`).addOption(json());
    if (name === "restart") change.option("--rolling", "one instance after another, each healthy before the next");
    change.action(async (services, options) =>
      onExit(await (await import("./commands/change.ts")).change(name, services, options)),
    );
  }
  verb("reload", "read the config again and apply the difference to the running tree")
    .addOption(json())
    .option("--dry-run", "only print the difference")
    .action(async (options) => onExit(await (await import("./commands/reload.ts")).reload(options)));
  verb("down", "stop the running tree, and wait until nothing of it is left")
    .addOption(json())
    .action(async (options) => onExit(await (await import("./commands/down.ts")).down(options)));

  verb("check", "validate the config and print the plan; starts nothing")
    .addOption(json())
    .addOption(profile())
    .action(async (options) => onExit(await (await import("./commands/check.ts")).check(options)));
  verb("graph", "the tree and its dependencies, or a statechart")
    .addOption(json())
    .addOption(
      new Option("--format <format>", "how to print it; xstate: a chart as a module with createMachine")
        .choices(["text", "mermaid", "dot", "json", "xstate"])
        .default("text"),
    )
    .addOption(
      new Option("--machine <name>", "a statechart instead").choices([
        "service",
        "supervisor",
        "probe",
        "membership",
        "role",
      ]),
    )
    .action(async (options) => onExit(await (await import("./commands/graph.ts")).graph(options)));
  verb("unit", "print a systemd unit that runs this config")
    .option("--user", "for the service manager of the user")
    .addOption(profile())
    .action(async (options) => onExit(await (await import("./commands/unit.ts")).unit(options)));
  program
    .command("completion [shell]")
    .description("print a completion script for bash, zsh or fish")
    .addOption(new Option("--services").hideHelp())
    .action(async (shell, { services }) => {
      const { completion, printServices } = await import("./commands/completion.ts");
      onExit(services ? await printServices() : completion(shell, program.commands.map(toVerb)));
    });
  program
    .command("cluster <verb> [name]")
    .description(
      "look at a cluster, or change it: status, nodes, roles, explain, restart, start, stop, move, drain, undrain, forget, watch; or try one on this machine: try",
    )
    .option("-c, --config <file>", "the config that names it (default: as with the other verbs)")
    .option("--store <url>", "its engine: nats://… (several with commas) or postgres://…")
    .option("--id <id>", "its id")
    .option("--node <node>", "explain, restart, start, stop: of that node's own tree")
    .option("--to <node>", "move: the node that the role moves to")
    .option("--wait", "drain: return once the node holds nothing")
    .option("--force", "drain: though there is no other node")
    .addOption(new Option("--nodes <count>", "try: how many nodes (default: 3)").argParser(toSmallCount))
    .addOption(
      new Option("--rounds <count>", "try: how often each fault comes (default: 2; 0: none, until Ctrl-C)").argParser(
        toSmallCount,
      ),
    )
    .addOption(json())
    .action(async (name, argument, options) =>
      onExit(await (await import("./commands/cluster.ts")).cluster(name, argument, options)),
    );
  program
    .command("init")
    .description("write a first config; from a Procfile, where there is one")
    .action(async () => onExit((await import("./commands/init.ts")).init()));
  program
    .command("import <file>")
    .description("write a config from a PM2 ecosystem, compose, process-compose or Procfile")
    .action(async (file) => onExit(await (await import("./commands/import.ts")).importFrom(file)));
  program
    .command("inspect <recording>")
    .description("open a recording: what the inspector exported, or what `up --record` wrote")
    .addOption(new Option("--port <port>", "the port of the page").argParser(toPort))
    .option("--html <file>", "write a page with the recording in it, which needs no server")
    .action(async (file, options) => onExit(await (await import("./commands/inspect.ts")).inspect(file, options)));
  return program;
}

function toVerb(command: Command): Verb {
  return {
    name: command.name(),
    description: command.description(),
    flags: command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : [])),
    takesServices: command.registeredArguments.some((argument) => argument.name() === "services"),
  };
}

/** The reader of the output has read enough, as in `statevisor logs -f | head`. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  process.stderr.write(`statevisor: the output cannot be written: ${error.message}\n`);
  process.exit(exitCodes.failed);
}

function toSmallCount(text: string): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number below 100.");
}

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be a port: 0 (any free one) to 65535.");
}

function toCount(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a number of lines, 0 or more.");
}

const units: Record<string, number> = { "": 1_000, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In milliseconds; a number without a unit is one of seconds. */
function toDuration(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(ms|[smhd])?$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * units[unit]!;
  throw new InvalidArgumentError("It must be a time: 500ms, 30s, 5m, 2h, 1d.");
}

/** A time of day or a date, or so long ago, in milliseconds since 1970. */
function toTime(text: string): number {
  if (/^\d+(\.\d+)?(ms|[smhd])$/.test(text)) return Date.now() - toDuration(text);
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new InvalidArgumentError("It must be a time ago (10m, 2h, 1d) or a date (2026-01-31, 2026-01-31T12:00).");
}
