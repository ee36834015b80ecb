import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type Run, type RunningChild, type RunOptions, startChild } from './child.ts'

const BUNDLE = fileURLToPath(new URL('../../bin/wasmpack.cjs', import.meta.url))

/** The wasmpack under test: WASMPACK=PATH names an executable, else it is that of this checkout. */
export const WASMPACK_FILE: string = process.env['WASMPACK'] ?? BUNDLE

/** The program that runs it, and its arguments. */
export const wasmpackCommand = (args: readonly string[]): readonly [string, readonly string[]] =>
  WASMPACK_FILE === BUNDLE ? [process.execPath, [BUNDLE, ...args]] : [WASMPACK_FILE, args]

/** A user of their own: an empty home, Docker configuration and temporary directory, and nothing of the real one. */
export interface Home {
  readonly directory: string
  /** An empty directory to work in, and where commands run. */
  readonly work: string
  /** DOCKER_CONFIG: `config.json` in it holds the credentials. */
  readonly dockerConfig: string
  readonly env: Readonly<Record<string, string>>
  dispose(): void
}

export function createHome(): Home {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-home-'))
  const [home, work, dockerConfig, temporary] = ['home', 'work', 'docker', 'tmp'].map((name) => {
    const path = join(directory, name)
    mkdirSync(path)
    return path
  }) as [string, string, string, string]
  return {
    directory,
    work,
    dockerConfig,
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOME: home,
      DOCKER_CONFIG: dockerConfig,
      TMPDIR: temporary,
    },
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** Writes what `docker login` would have written, in plain text. */
export function storeCredentials(home: Home, host: string, username: string, password: string): void {
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const path = join(home.dockerConfig, 'config.json')
  const stored = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { auths: object }) : undefined
  writeFileSync(path, JSON.stringify({ auths: { ...stored?.auths, [host]: { auth } } }))
}

export type CliOptions = Omit<RunOptions, 'env'> & {
  /** Added to the home's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the wasmpack under test as a child process, as that user. */
export function startWasmpack(home: Home, args: readonly string[], options: CliOptions = {}): RunningChild {
  return startChild(...wasmpackCommand(args), {
    cwd: home.work,
    ...options,
    env: { ...home.env, ...options.env },
  })
}

export const runWasmpack = (home: Home, args: readonly string[], options: CliOptions = {}): Promise<Run> =>
  startWasmpack(home, args, options).ended
