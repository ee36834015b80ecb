import { WasmpackError } from '../errors.ts'
import { buildProgram } from './cli/program.ts'
import { renderBashCompletion, renderFishCompletion, renderZshCompletion } from './show/completion-script.ts'
import { type DefineCommand, addExamples } from './cli/command.ts'

const SCRIPTS: Readonly<Record<string, typeof renderBashCompletion>> = {
  bash: renderBashCompletion,
  zsh: renderZshCompletion,
  fish: renderFishCompletion,
}

export const completionCommand: DefineCommand = (command, createContext, entries) => {
  command
    .description('Print a script that completes commands and flags in your shell.')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => {
      const { reporter } = createContext({ format: 'text' })
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
      if (!script)
        throw new WasmpackError('USAGE', `no completion for the shell ${JSON.stringify(shell)}`, {
          hint: 'there is one for bash, zsh and fish',
        })
      reporter.result(undefined, script(await buildProgram(entries, createContext, () => true)))
    })
  addExamples(
    command,
    'source <(wasmpack completion bash)',
    'wasmpack completion zsh > "${fpath[1]}/_wasmpack"',
    'wasmpack completion fish > ~/.config/fish/completions/wasmpack.fish',
  )
}
