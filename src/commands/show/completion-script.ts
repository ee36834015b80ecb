import type { Command, Option } from 'commander'

interface Flag {
  readonly long: string
  readonly short: string | undefined
  readonly description: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

const listFlags = (command: Command): readonly Flag[] => [
  ...command.options.map((option: Option) => ({
    long: option.long ?? '',
    short: option.short,
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  })),
  { long: '--help', short: '-h', description: 'show help', takesValue: false, choices: [] },
]

const joinFlagNames = (flags: readonly Flag[]): string =>
  flags.flatMap(({ long, short }) => (short ? [long, short] : [long])).join(' ')

/** https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
export function renderBashCompletion(program: Command): string {
  const names = program.commands.map((command) => command.name()).join(' ')
  const cases = program.commands.map(
    (command) => `    ${command.name()}) flags="${joinFlagNames(listFlags(command))}" ;;`,
  )
  const choices = new Map(
    program.commands.flatMap((command) =>
      listFlags(command)
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

const quoteForZsh = (text: string): string =>
  text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, String.raw`\$&`)

/** https://zsh.sourceforge.io/Doc/Release/Completion-System.html */
export function renderZshCompletion(program: Command): string {
  const entries = program.commands.map(
    (command) => `    '${command.name()}:${quoteForZsh(command.summary())}'`,
  )
  const cases = program.commands.map((command) => {
    const flags = listFlags(command).flatMap((flag) => {
      const value = flag.takesValue
        ? `:value:${flag.choices.length > 0 ? `(${flag.choices.join(' ')})` : '_files'}`
        : ''
      return [flag.long, ...(flag.short ? [flag.short] : [])].map(
        (name) => `      '${name}[${quoteForZsh(flag.description)}]${value}'`,
      )
    })
    const rest = command.name() === 'completion' ? "'1:shell:(bash zsh fish)'" : "'*:argument:_files'"
    return `    ${command.name()})\n      _arguments \\\n${flags.map((line) => `${line} \\`).join('\n')}\n      ${rest}\n      ;;`
  })
  return `#compdef wasmpack
_wasmpack() {
  local -a commands
  commands=(
${entries.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _wasmpack wasmpack
`
}

const quoteForFish = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)

/** https://fishshell.com/docs/current/completions.html */
export function renderFishCompletion(program: Command): string {
  const lines = program.commands.flatMap((command) => [
    `complete -c wasmpack -n __fish_use_subcommand -f -a ${command.name()} -d '${quoteForFish(command.summary())}'`,
    ...listFlags(command).map((flag) => {
      const short = flag.short ? ` -s ${flag.short.slice(1)}` : ''
      const value =
        flag.choices.length > 0 ? ` -x -a '${flag.choices.join(' ')}'` : flag.takesValue ? ' -r' : ''
      return `complete -c wasmpack -n '__fish_seen_subcommand_from ${command.name()}' -l ${flag.long.slice(2)}${short}${value} -d '${quoteForFish(flag.description)}'`
    }),
  ])
  return `# fish completion for wasmpack\n${lines.join('\n')}\ncomplete -c wasmpack -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n`
}
