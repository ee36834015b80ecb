import { execFile, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server that runs as a process group of its own and ends with us, however we end. */
export interface ServerProcess {
  /** The process group's id. */
  readonly pid: number
  /** Kills the whole group at once, as a crash would, and waits until it is gone. */
  kill(): Promise<void>
}

export interface ServerOptions {
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** The file that takes stdout and stderr. */
  readonly log: string
  /**
   * When it is: a URL answers with a status; of what speaks no plain HTTP, a port of loopback accepts connections; of what has no port, a
   * command succeeds.
   */
  readonly ready:
    | { readonly url: string; readonly status: number }
    | { readonly port: number }
    | { readonly command: readonly [string, ...string[]] }
  /** How many seconds it is waited for; 30 if it says nothing else. */
  readonly patience?: number
}

// The shell leaves a watchdog in its process group and becomes the server. The watchdog reads a pipe that only we hold:
// when we end, even by SIGKILL, it closes, and the watchdog kills the group.
const WATCHED = 'exec 3<&0; { cat <&3 >/dev/null; kill -KILL 0; } & exec "$@" 3<&- </dev/null'
/** The pause between two questions whether a server is ready, in milliseconds. */
const PAUSE = 50

/** Starts a server and waits until it answers; throws with the end of its log if it does not. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const log = openSync(options.log, 'a')
  const child = spawn('sh', ['-c', WATCHED, 'server', ...options.command], {
    detached: true,
    stdio: ['pipe', log, log],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: '/nonexistent', ...options.env },
  })
  closeSync(log)
  const end = new AbortController()
  const gone = new Promise<void>((resolve) => {
    child.on('error', () => {})
    child.on('exit', () => {
      end.abort()
      child.stdin?.destroy()
      resolve()
    })
  })
  const pid = child.pid
  if (pid === undefined) throw new Error('cannot start sh')
  const kill = async (): Promise<void> => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {} // it is gone already
    await gone
  }

  const { ready, patience = 30 } = options
  for (let waited = 0; waited < patience * 1000 && !end.signal.aborted; waited += PAUSE) {
    if (await isReady(ready)) return { pid, kill }
    await sleep(PAUSE)
  }
  await kill()
  const tail = readFileSync(options.log, 'utf8').split('\n').slice(-20).join('\n')
  throw new Error(`${options.command.join(' ')} was not ready (${JSON.stringify(ready)})\n${tail}`)
}

async function isReady(ready: ServerOptions['ready']): Promise<boolean> {
  if ('port' in ready) return await accepts(ready.port)
  if ('command' in ready) return await succeeds(ready.command)
  try {
    const response = await fetch(ready.url, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.status === ready.status
  } catch {
    return false
  }
}

const succeeds = ([program, ...args]: readonly [string, ...string[]]): Promise<boolean> =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000 }, (error) => resolve(error === null))
  })

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })

/**
 * Starts something on a port of loopback that was free a moment ago, for servers that cannot tell which one they were given.
 * Somebody may have taken it meanwhile, but three times is no accident.
 */
export const onFreePort = <T>(start: (port: number) => Promise<T>): Promise<T> =>
  onFreePorts(1, ([port]) => start(port!))

/** The same for something that listens on several. */
export async function onFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await start(await Promise.all(Array.from({ length: count }, freePort)))
    } catch (error) {
      if (attempt === 3) throw error
    }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'))
        else resolve(address.port)
      })
    })
  })
}
