import type { Command, Option } from 'commander'

interface Flag {
  readonly long: string
  readonly short: string | undefined
  readonly description: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

const listFlags = (command: Command): readonly Flag[] => [
  ...command.options
    .filter((option: Option) => !option.hidden)
    .map((option: Option) => ({
      long: option.long ?? '',
      short: option.short,
      description: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
  { long: '--help', short: '-h', description: 'show help', takesValue: false, choices: [] },
]

const joinNames = (commands: readonly Command[]): string =>
  commands.map((command) => command.name()).join(' ')

const joinFlagNames = (command: Command): string =>
  listFlags(command)
    .flatMap(({ long, short }) => (short ? [long, short] : [long]))
    .join(' ')

/** https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
export function renderBashCompletion(program: Command): string {
  const names = joinNames(program.commands)
  const all = program.commands.flatMap((command) => [command, ...command.commands])
  const choices = new Map(
    all.flatMap((command) =>
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
${program.commands.map((command) => `    ${command.name()}) ${renderBashCase(command)} ;;`).join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _wasmpack wasmpack
`
}

function renderBashCase(command: Command): string {
  if (command.commands.length === 0) return `flags="${joinFlagNames(command)}"`
  const cases = command.commands.map((subcommand) => `${subcommand.name()}) ${renderBashCase(subcommand)} ;;`)
  return `
      if [ "$COMP_CWORD" -eq 2 ]; then
        COMPREPLY=($(compgen -W "${joinNames(command.commands)} --help" -- "$word"))
        return
      fi
      case "\${COMP_WORDS[2]}" in ${cases.join(' ')} esac`
}

const quoteForZsh = (text: string): string =>
  text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, String.raw`\$&`)

/** https://zsh.sourceforge.io/Doc/Release/Completion-System.html */
export const renderZshCompletion = (program: Command): string => `#compdef wasmpack
${renderZshFunctions('_wasmpack', program).join('\n')}
compdef _wasmpack wasmpack
`

/** A function that completes the name of a subcommand, then its own words, and one for each subcommand that has some itself. */
function renderZshFunctions(name: string, { commands }: Command): readonly string[] {
  const functionOf = (command: Command): string => `${name}_${command.name()}`
  const nested = commands.filter((command) => command.commands.length > 0)
  const names = commands.map((command) => `    '${command.name()}:${quoteForZsh(command.summary())}'`)
  const cases = commands.map((command) => {
    const body = nested.includes(command) ? functionOf(command) : renderZshArguments(command)
    return `    ${command.name()})\n      ${body}\n      ;;`
  })
  return [
    ...nested.flatMap((command) => renderZshFunctions(functionOf(command), command)),
    `${name}() {
  local -a commands
  commands=(
${names.join('\n')}
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
}`,
  ]
}

function renderZshArguments(command: Command): string {
  const flags = listFlags(command).flatMap((flag) => {
    const value = flag.takesValue
      ? `:value:${flag.choices.length > 0 ? `(${flag.choices.join(' ')})` : '_files'}`
      : ''
    return [flag.long, ...(flag.short ? [flag.short] : [])].map(
      (name) => `        '${name}[${quoteForZsh(flag.description)}]${value}' \\`,
    )
  })
  const rest = command.name() === 'completion' ? "'1:shell:(bash zsh fish)'" : "'*:argument:_files'"
  return `_arguments \\\n${flags.join('\n')}\n        ${rest}`
}

const quoteForFish = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)

/** https://fishshell.com/docs/current/completions.html */
export function renderFishCompletion(program: Command): string {
  const lines = program.commands.flatMap((command) => [
    `complete -c wasmpack -n __fish_use_subcommand -f -a ${command.name()} -d '${quoteForFish(command.summary())}'`,
    ...renderFishCommand(command, `__fish_seen_subcommand_from ${command.name()}`),
  ])
  return `# fish completion for wasmpack\n${lines.join('\n')}\ncomplete -c wasmpack -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n`
}

function renderFishCommand(command: Command, condition: string): readonly string[] {
  if (command.commands.length > 0)
    return command.commands.flatMap((subcommand) => [
      `complete -c wasmpack -n '${condition}; and not __fish_seen_subcommand_from ${joinNames(command.commands)}' -f -a ${subcommand.name()} -d '${quoteForFish(subcommand.summary())}'`,
      ...renderFishCommand(subcommand, `${condition}; and __fish_seen_subcommand_from ${subcommand.name()}`),
    ])
  return listFlags(command).map((flag) => {
    const short = flag.short ? ` -s ${flag.short.slice(1)}` : ''
    const value =
      flag.choices.length > 0 ? ` -x -a '${flag.choices.join(' ')}'` : flag.takesValue ? ' -r' : ''
    return `complete -c wasmpack -n '${condition}' -l ${flag.long.slice(2)}${short}${value} -d '${quoteForFish(flag.description)}'`
  })
}
