/** A command that a runner obeys: `::NAME PARAMETERS::TEXT` at the start of a line, or `##[NAME]TEXT` anywhere in one. */
export interface WorkflowCommand {
  readonly name: string
  readonly text: string
}

/**
 * The commands that a runner obeys in the output of a step, in order. After `::stop-commands::TOKEN` it obeys none until
 * `::TOKEN::`. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function readCommands(output: string): readonly WorkflowCommand[] {
  const commands: WorkflowCommand[] = []
  let stopped: string | undefined
  for (const line of output.split(/\r\n|\r|\n/)) {
    const found = /^\s*::([^:\s]+)(?:\s[^:]*)?::(.*)$/.exec(line) ?? /##\[([^\]\s]+)[^\]]*\](.*)$/.exec(line)
    if (found === null) continue
    const [, name = '', text = ''] = found
    if (stopped !== undefined) {
      if (name === stopped) stopped = undefined
    } else if (name === 'stop-commands') {
      stopped = text
    } else {
      commands.push({ name, text: decode(text) })
    }
  }
  return commands
}

const decode = (text: string): string =>
  text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
