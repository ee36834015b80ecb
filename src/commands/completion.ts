import { WasmpackError } from '../errors.ts'
import { buildProgram } from './cli/program.ts'
import { bashCompletion, fishCompletion, zshCompletion } from './show/completion-script.ts'
import { type Define, withExamples } from './cli/command.ts'

const SCRIPTS: Readonly<Record<string, typeof bashCompletion>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

export const completion: Define = (command, begin, verbs) => {
  command
    .description('Print a script that completes verbs and flags in your shell.')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => {
      const { reporter } = begin({ format: 'text' })
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
      if (!script)
        throw new WasmpackError('USAGE', `no completion for the shell ${JSON.stringify(shell)}`, {
          hint: 'there is one for bash, zsh and fish',
        })
      reporter.result(undefined, script(await buildProgram(verbs, begin, () => true)))
    })
  withExamples(
    command,
    'source <(wasmpack completion bash)',
    'wasmpack completion zsh > "${fpath[1]}/_wasmpack"',
    'wasmpack completion fish > ~/.config/fish/completions/wasmpack.fish',
  )
}
