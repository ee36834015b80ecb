import { WasmpackError } from '../errors.ts'
import { quoted } from '../printable.ts'
import { buildProgram } from './cli/program.ts'
import { renderBashCompletion, renderFishCompletion, renderZshCompletion } from './show/completion-script.ts'
import { type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'

const SCRIPTS: Readonly<Record<string, typeof renderBashCompletion>> = {
  bash: renderBashCompletion,
  zsh: renderZshCompletion,
  fish: renderFishCompletion,
}

export const completionCommand: DefineCommand = (command, createContext, entries) => {
  command
    .description('Print a shell completion script.')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => {
      const { reporter } = createContext({ format: 'text' })
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
      if (!script)
        throw new WasmpackError('USAGE', `unsupported shell ${quoted(shell)}: expected bash, zsh or fish`, {
          hint: 'wasmpack completion bash',
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
