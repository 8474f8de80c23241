// `import` on files of the shapes that public projects have. What it writes and says is kept beside each file, with what
// `check` finds to mend in that; a file of each kind runs, with stubs in place of its programs.
//
//   UPDATE_IMPORTED=1 npx vitest run --config test/vitest.config.ts test/cli/imported.test.ts      renews what is kept

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { ConfigError } from "../../src/cli/config/problems.ts";
import { readData } from "../../src/cli/config/read-data.ts";
import { readForeign } from "../../src/cli/import/read-foreign.ts";
import { createCli } from "./support.ts";

const folder = new URL("./imported/", import.meta.url).pathname;
/** What the shell has set, beside what the files have defaults for. */
const shell = { HOME: "/home/ada", POSTGRES_PASSWORD: "secret", API_KEY: "key", PORT: "1" };

const files = readdirSync(folder).flatMap((kind) =>
  readdirSync(join(folder, kind))
    .filter((name) => !name.endsWith(".out.txt") && !name.startsWith("."))
    .map((name) => `${kind}/${name}`),
);

it("there are five files of each kind", () => {
  const kinds = ["compose", "pm2", "process-compose", "procfile"];
  expect(files.map((file) => file.split("/")[0])).toEqual(kinds.flatMap((kind) => Array(5).fill(kind)));
});

it.for(files)("%s is carried over, and what is not is said", async (file) => {
  const { config, left } = await readForeign(join(folder, file), "project");
  const written = stringify(config);
  const said = left.map(({ place, text }) => `${place}: ${text}`);
  const result = [written, ...said.map((line) => `said: ${line}\n`), ...problemsIn(written)].join("");
  const kept = join(folder, `${file}.out.txt`);
  if (process.env.UPDATE_IMPORTED) writeFileSync(kept, result);
  expect(result).toBe(readFileSync(kept, "utf8"));
});

/** What `check` would refuse. */
function problemsIn(config: string): string[] {
  try {
    readData(join(folder, "statevisor.config.yaml"), config, { shell });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n").map((line) => `to mend: ${line.replaceAll(folder, "")}\n`);
  }
}

/** Which file of each kind runs: its programs, the files it reads, and what its services say then. */
const runs: readonly [file: string, programs: string[], beside: Record<string, string>, says: string[]][] = [
  [
    "pm2/workers.config.cjs",
    ["node"],
    {},
    [...[8000, 8001, 8002, 8003].map((port) => `node api.js, port ${port}`), "node worker.js --queue mail, port"],
  ],
  [
    "compose/anchors.yml",
    ["python", "bash", "celery", "redis-server", "redis-cli"],
    { "app.env": "A=1\n" },
    [
      "redis-server --save  --appendonly no, port",
      "python manage.py migrate --noinput, port",
      "bash -c python manage.py collectstatic --noinput && gunicorn tracker.wsgi --bind 0.0.0.0:7, port 8000",
      "celery -A tracker worker -Q high,low --concurrency=2, port",
    ],
  ],
  [
    "process-compose/database.yaml",
    ["postgres", "pg_isready", "dbmate", "cargo"],
    { "server/.keep": "" },
    ["at 5439", "postgres -D data -p 5439, port", "dbmate up, port", "cargo run --bin server, port"],
  ],
  [
    "procfile/Procfile.python",
    ["gunicorn", "celery"],
    { ".env": "WORKERS=6\n" },
    ["gunicorn app.wsgi --bind 0.0.0.0:5000", "celery -A app worker -l info --concurrency 6", "-Q slow"],
  ],
];

/** Says with what it was called; what is a job or a check ends, the others run on. */
const stub = `#!/bin/sh
[ "\${0##*/}" = redis-cli ] && echo PONG && exit
[ "\${0##*/}" = pg_isready ] && exit
echo "\${0##*/} $*, port $PORT"
case "$*" in *migrate*|up) exit;; esac
exec sleep 1000
`;

it("a file of each kind is imported, and runs", async () => {
  const run = async ([file, programs, beside, says]: (typeof runs)[number]) => {
    const env: NodeJS.ProcessEnv = { PORT: "7" };
    const cli = createCli(env);
    env.PATH = `${cli.folder}/bin:/usr/bin:/bin`;
    mkdirSync(join(cli.folder, "bin"));
    mkdirSync(join(cli.folder, "server"));
    for (const program of programs) writeFileSync(join(cli.folder, "bin", program), stub, { mode: 0o755 });
    for (const [name, text] of Object.entries(beside)) cli.write(name, text);
    copyFileSync(join(folder, file), join(cli.folder, basename(file)));

    expect(await cli.run("import", basename(file))).toMatchObject({ code: 0 });
    const up = cli.start("up");
    for (const text of says) await up.says(text);
  };
  await Promise.all(runs.map(run));
});
