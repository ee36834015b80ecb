import type { Command, Option } from 'commander'

interface Flag {
  readonly long: string
  readonly short: string | undefined
  readonly description: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

const flagsOf = (command: Command): readonly Flag[] => [
  ...command.options.map((option: Option) => ({
    long: option.long ?? '',
    short: option.short,
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  })),
  { long: '--help', short: '-h', description: 'show help', takesValue: false, choices: [] },
]

const words = (flags: readonly Flag[]): string =>
  flags.flatMap(({ long, short }) => (short ? [long, short] : [long])).join(' ')

/** https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
export function bashCompletion(program: Command): string {
  const names = program.commands.map((verb) => verb.name()).join(' ')
  const cases = program.commands.map((verb) => `    ${verb.name()}) flags="${words(flagsOf(verb))}" ;;`)
  const choices = new Map(
    program.commands.flatMap((verb) =>
      flagsOf(verb)
        .filter((flag) => flag.choices.length > 0)
        .map((flag) => [flag.long, flag.choices]),
    ),
  )
  const values = [...choices].map(
    ([long, list]) => `    ${long}) COMPREPLY=($(compgen -W "${list.join(' ')}" -- "$word")); return ;;`,
  )
  return `# bash completion for wasmpack
_wasmpack() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} --help --version" -- "$word"))
    return
  fi
  case "$before" in
${values.join('\n')}
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")); return ;;
    help) COMPREPLY=($(compgen -W "${names}" -- "$word")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _wasmpack wasmpack
`
}

const zshQuoted = (text: string): string =>
  text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, String.raw`\$&`)

/** https://zsh.sourceforge.io/Doc/Release/Completion-System.html */
export function zshCompletion(program: Command): string {
  const verbs = program.commands.map((verb) => `    '${verb.name()}:${zshQuoted(verb.summary())}'`)
  const cases = program.commands.map((verb) => {
    const flags = flagsOf(verb).flatMap((flag) => {
      const value = flag.takesValue
        ? `:value:${flag.choices.length > 0 ? `(${flag.choices.join(' ')})` : '_files'}`
        : ''
      return [flag.long, ...(flag.short ? [flag.short] : [])].map(
        (name) => `      '${name}[${zshQuoted(flag.description)}]${value}'`,
      )
    })
    const rest = verb.name() === 'completion' ? "'1:shell:(bash zsh fish)'" : "'*:argument:_files'"
    return `    ${verb.name()})\n      _arguments \\\n${flags.map((line) => `${line} \\`).join('\n')}\n      ${rest}\n      ;;`
  })
  return `#compdef wasmpack
_wasmpack() {
  local -a verbs
  verbs=(
${verbs.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'verb' verbs
    return
  fi
  local verb="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$verb" in
${cases.join('\n')}
  esac
}
compdef _wasmpack wasmpack
`
}

const fishQuoted = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)

/** https://fishshell.com/docs/current/completions.html */
export function fishCompletion(program: Command): string {
  const lines = program.commands.flatMap((verb) => [
    `complete -c wasmpack -n __fish_use_subcommand -f -a ${verb.name()} -d '${fishQuoted(verb.summary())}'`,
    ...flagsOf(verb).map((flag) => {
      const short = flag.short ? ` -s ${flag.short.slice(1)}` : ''
      const value =
        flag.choices.length > 0 ? ` -x -a '${flag.choices.join(' ')}'` : flag.takesValue ? ' -r' : ''
      return `complete -c wasmpack -n '__fish_seen_subcommand_from ${verb.name()}' -l ${flag.long.slice(2)}${short}${value} -d '${fishQuoted(flag.description)}'`
    }),
  ])
  return `# fish completion for wasmpack\n${lines.join('\n')}\ncomplete -c wasmpack -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n`
}
