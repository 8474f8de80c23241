// The two programs that a guard can be, a shell script and a Node program.
//
// Each begins with the groups of STATEVISOR_GROUPS ("group:signal group:signal") and
// reads lines ("+ group signal", "- group") until its input ends; then it sends each group that is left its signal, waits
// up to 2 seconds for them to end, and kills what is left.
//
// A shell takes 1 MB where Node takes 40; Node is for images without a shell. Both ignore what a terminal sends.

const shellProgram = `
trap '' INT TERM HUP QUIT
groups=$STATEVISOR_GROUPS
while read -r what group signal; do
  case $what in
    +) groups="$groups $group:$signal" ;;
    -) kept=
       for one in $groups; do [ "\${one%%:*}" = "$group" ] || kept="$kept $one"; done
       groups=$kept ;;
  esac
done
exec 2>/dev/null
for one in $groups; do kill -s "\${one#*:}" -- "-\${one%%:*}"; done
tries=0
while [ $tries -lt 20 ]; do
  left=
  for one in $groups; do kill -s 0 -- "-\${one%%:*}" && left=1; done
  [ -n "$left" ] || exit 0
  sleep 0.1 || sleep 1
  tries=$((tries + 1))
done
for one in $groups; do kill -s KILL -- "-\${one%%:*}"; done
`;

const nodeProgram = `
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, () => {});
const groups = new Map();
for (const one of process.env.STATEVISOR_GROUPS?.split(" ").filter(Boolean) ?? []) {
  const [group, signal] = one.split(":");
  groups.set(Number(group), signal);
}
const send = (signal) => [...groups].filter(([group, own]) => {
  try { return process.kill(-group, signal ?? "SIG" + own); } catch { return false; }
});
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const [what, group, signal] = line.split(" ");
  if (what === "+") groups.set(Number(group), signal);
  else groups.delete(Number(group));
}).on("close", () => {
  send();
  let tries = 0;
  const look = () => {
    if (send(0).length === 0) process.exit();
    if (++tries < 20) return setTimeout(look, 100);
    send("SIGKILL");
    process.exit();
  };
  look();
});
`;

/** A guard as it is spawned. The program is in its environment, so that a list of processes shows one line with its name. */
export interface GuardProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export const shellGuard: GuardProgram = {
  file: "/bin/sh",
  args: ["-c", 'eval "$STATEVISOR_GUARD"', "statevisor-guard"],
  env: { STATEVISOR_GUARD: shellProgram },
};

export const nodeGuard: GuardProgram = {
  file: process.execPath,
  args: ["-e", "eval(process.env.STATEVISOR_GUARD)", "statevisor-guard"],
  env: { STATEVISOR_GUARD: nodeProgram },
};
