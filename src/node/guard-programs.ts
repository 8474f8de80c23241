// The two programs that a guard can be, a shell script and a Node program.
//
// Each begins with the groups of STATEVISOR_GROUPS ("group:signal group:signal") and reads lines ("+ group signal",
// "- group", ".") until its input ends. Then it sends each group that is left its signal. For two seconds it looks ten times
// a second for members of those groups, and for processes that carry the mark and are in none of them: a program that was
// spawned in the very moment, or has left its group. These get SIGTERM. What is left after that is killed. It is over sooner
// when ten looks in a row found nothing: a process that is being spawned shows its mark only after its fork. After ".", two
// looks are enough: the guarded program ends by itself, and is spawning nothing.
//
// On a busy machine a look takes longer than the wait after it, so a clock says when the two seconds are over, and only
// where the shell has none (it reads /proc/uptime) the number of looks does.
//
// A shell takes 1 MB where Node takes 40; Node is for images without a shell. Both ignore what a terminal sends. The mark is
// found in /proc, where there is one.

import { guardVariable, markVariable, processMark } from "./mark.ts";

const shellProgram = `
trap '' INT TERM HUP QUIT
groups=$STATEVISOR_GROUPS
enough=10
while read -r what group signal; do
  case $what in
    +) groups="$groups $group:$signal" ;;
    -) kept=
       for one in $groups; do [ "\${one%%:*}" = "$group" ] || kept="$kept $one"; done
       groups=$kept ;;
    .) enough=2 ;;
  esac
done
exec 2>/dev/null
marked() {
  for file in $(grep -lF "${markVariable}=$${guardVariable}" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    echo "\${pid%/environ}"
  done
}
is_of_group() {
  read -r stat <"/proc/$1/stat" || return 0
  set -- \${stat##*) }
  case " $groups " in *" $3:"*) return 0 ;; esac
  return 1
}
read_clock() {
  hundredths=0
  read -r up idle </proc/uptime && hundredths=$((\${up%.*} * 100 + 1\${up#*.} - 100))
}
for one in $groups; do kill -s "\${one#*:}" -- "-\${one%%:*}"; done
told=' '
looks=0
quiet=0
read_clock
end=$((hundredths + 200))
while [ $looks -lt 20 ] && [ $hundredths -lt $end ]; do
  left=
  for one in $groups; do kill -s 0 -- "-\${one%%:*}" && left=1; done
  for pid in $(marked); do
    left=1
    case $told in *" $pid "*) continue ;; esac
    told="$told$pid "
    is_of_group "$pid" || kill -s TERM "$pid"
  done
  if [ -n "$left" ]; then quiet=0; else quiet=$((quiet + 1)); fi
  [ $quiet -lt $enough ] || exit 0
  sleep 0.1 || sleep 1
  looks=$((looks + 1))
  read_clock
done
for one in $groups; do kill -s KILL -- "-\${one%%:*}"; done
looks=0
while [ $looks -lt 10 ]; do
  for pid in $(marked); do kill -s KILL "$pid"; done
  sleep 0.1 || exit 0
  looks=$((looks + 1))
done
`;

const nodeProgram = `
const { readdirSync, readFileSync } = require("fs");
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, () => {});
const groups = new Map();
for (const one of process.env.STATEVISOR_GROUPS?.split(" ").filter(Boolean) ?? []) {
  const [group, signal] = one.split(":");
  groups.set(Number(group), signal);
}
const mark = "${markVariable}=" + process.env.${guardVariable};
const attempt = (code) => { try { return code(); } catch { return false; } };
const send = (signal) => [...groups].filter(([group, own]) => attempt(() => process.kill(-group, signal ?? "SIG" + own)));
const marked = () => (attempt(() => readdirSync("/proc")) || []).filter((pid) =>
  /^[0-9]+$/.test(pid) && attempt(() => readFileSync("/proc/" + pid + "/environ", "latin1").includes(mark)));
const isOfGroup = (pid) => {
  const stat = attempt(() => readFileSync("/proc/" + pid + "/stat", "latin1"));
  return !stat || groups.has(Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]));
};
const told = new Set();
let [quiet, enough, end, kills] = [0, 10, 0, 0];
const look = () => {
  const pids = marked();
  for (const pid of pids) {
    if (told.has(pid)) continue;
    told.add(pid);
    if (!isOfGroup(pid)) attempt(() => process.kill(Number(pid), "SIGTERM"));
  }
  quiet = pids.length > 0 || send(0).length > 0 ? 0 : quiet + 1;
  if (quiet === enough) process.exit();
  if (performance.now() < end) return setTimeout(look, 100);
  send("SIGKILL");
  setInterval(() => {
    for (const pid of marked()) attempt(() => process.kill(Number(pid), "SIGKILL"));
    if (++kills === 10) process.exit();
  }, 100);
};
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const [what, group, signal] = line.split(" ");
  if (what === "+") groups.set(Number(group), signal);
  else if (what === "-") groups.delete(Number(group));
  else enough = 2;
}).on("close", () => {
  send();
  end = performance.now() + 2000;
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
  env: { STATEVISOR_GUARD: shellProgram, [guardVariable]: processMark },
};

export const nodeGuard: GuardProgram = {
  file: process.execPath,
  args: ["-e", "eval(process.env.STATEVISOR_GUARD)", "statevisor-guard"],
  env: { STATEVISOR_GUARD: nodeProgram, [guardVariable]: processMark },
};
