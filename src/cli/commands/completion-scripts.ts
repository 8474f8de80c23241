// completion-scripts.ts: the script of each shell that completes verbs, flags and services.

export const shells = ["bash", "zsh", "fish"] as const;

/** What there is to complete: of each verb its flags, and whether it takes services. */
export interface Verb {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly string[];
  readonly takesServices: boolean;
}

/** What each script calls to list the services of the config. */
const ask = "statevisor completion --services 2>/dev/null";

export const scripts: Record<(typeof shells)[number], (verbs: readonly Verb[]) => string> = {
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
