// completion.ts: `completion` prints a script that completes verbs, flags and services in a shell.

import { describeTree } from "../../index.ts";
import { exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { loadConfig } from "../config/load.ts";
import { listChildren } from "../print/children.ts";
import { withoutRoot } from "../print/format.ts";

export const shells = ["bash", "zsh", "fish"] as const;

/** What there is to complete: of each verb its flags, and whether it takes services. */
export interface Verb {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly string[];
  readonly takesServices: boolean;
}

export function completion(shell: (typeof shells)[number], verbs: readonly Verb[]): number {
  process.stdout.write(scripts[shell](verbs));
  return exitCodes.ok;
}

/** Prints the services of the config, for the scripts; nothing where there is no valid one. */
export async function printServices(): Promise<number> {
  try {
    const { spec } = await loadConfig(findConfig(undefined), { isWhole: true });
    process.stdout.write(
      listChildren(describeTree(spec))
        .map(({ path }) => `${withoutRoot(path)}\n`)
        .join(""),
    );
  } catch {
    // A shell completes while the user types: there is nothing to say now.
  }
  return exitCodes.ok;
}

const ask = "statevisor completion --services 2>/dev/null";

const scripts: Record<(typeof shells)[number], (verbs: readonly Verb[]) => string> = {
  bash: (verbs) => `# eval "$(statevisor completion bash)", or the output in a file of bash-completion
_statevisor() {
  local word="\${COMP_WORDS[COMP_CWORD]}" verb="\${COMP_WORDS[1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${verbs.map(({ name }) => name).join(" ")}"
  else
    case "$verb" in
${verbs.map(({ name, flags, takesServices }) => `      ${name}) words="${flags.join(" ")}${takesServices ? ` $(${ask})` : ""}" ;;`).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _statevisor statevisor
`,
  zsh: (verbs) => `#compdef statevisor
# The output in a file _statevisor in a folder of $fpath, or: source <(statevisor completion zsh)
_statevisor() {
  local -a verbs
  verbs=(
${verbs.map(({ name, description }) => `    '${name}:${description.replaceAll("'", "'\\''")}'`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  case "$words[2]" in
${verbs.map(({ name, flags, takesServices }) => `    ${name}) compadd -- ${flags.join(" ")}${takesServices ? ` \${(f)"$(${ask})"}` : ""} ;;`).join("\n")}
  esac
}
compdef _statevisor statevisor
`,
  fish: (verbs) => `# The output in ~/.config/fish/completions/statevisor.fish
complete -c statevisor -f
${verbs
  .flatMap(({ name, description, flags, takesServices }) => [
    `complete -c statevisor -n __fish_use_subcommand -a ${name} -d '${description.replaceAll("'", "\\'")}'`,
    ...flags.map((flag) => `complete -c statevisor -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`),
    ...(takesServices ? [`complete -c statevisor -n '__fish_seen_subcommand_from ${name}' -a '(${ask})'`] : []),
  ])
  .join("\n")}
`,
};
