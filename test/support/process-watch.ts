import { readdirSync, readFileSync } from 'node:fs'

/** What `ps` and `/proc` show of a process to other programs of its user. */
export interface SeenProcess {
  readonly pid: number
  readonly commandLine: string
  readonly environment: string
}

/** Watches a process and all that it starts, itself and theirs, until it is stopped (Linux only). Processes that end within a few milliseconds may be missed. */
export function watchProcesses(root: number): { stop(): Promise<readonly SeenProcess[]> } {
  const seen = new Map<string, SeenProcess>()
  const stopping = new AbortController()
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      for (const pid of listTree(root)) {
        const found = readProcess(pid)
        // A process shows the command line and the environment of its parent until it is executed.
        if (found !== undefined) seen.set(`${pid} ${found.commandLine}`, found)
      }
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await watching
      return [...seen.values()]
    },
  }
}

function listTree(pid: number): readonly number[] {
  const children = listTasks(pid).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap((child) => listTree(child))]
}

function listTasks(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function readProcess(pid: number): SeenProcess | undefined {
  const commandLine = read(`/proc/${pid}/cmdline`)
  return commandLine === '' ? undefined : { pid, commandLine, environment: read(`/proc/${pid}/environ`) }
}

/** Empty for a process that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
