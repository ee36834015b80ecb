import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll } from 'vitest'

import { runChild, transcript } from '../child.ts'

/** Release files of this checkout, made before the first test of a file. */
export interface Release {
  /** The package as npm makes it. */
  readonly package: string
  /** One executable file; here a script that starts the checkout. */
  readonly executable: string
  /** An archive with a directory that has the executable. */
  readonly archive: string
}

const ROOT = join(import.meta.dirname, '../../..')

export function useRelease(): () => Release {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-release-'))
  const release = {
    package: join(directory, 'wasmpack-0.1.0.tgz'),
    executable: join(directory, 'wasmpack-0.1.0-linux-x64/wasmpack'),
    archive: join(directory, 'wasmpack-0.1.0-linux-x64.tar.xz'),
  }
  const run = async (command: string, ...args: readonly string[]): Promise<string> => {
    const env = { PATH: process.env['PATH']!, HOME: directory }
    const done = await runChild(command, args, { cwd: ROOT, env })
    if (done.exit !== 0) throw new Error(transcript(done))
    return done.stdout.trim()
  }
  beforeAll(async () => {
    const name = await run('npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', directory)
    renameSync(join(directory, name), release.package)
    mkdirSync(join(directory, 'wasmpack-0.1.0-linux-x64'))
    const program = `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'bin/wasmpack.cjs')}" "$@"\n`
    writeFileSync(release.executable, program, { mode: 0o755 })
    await run('tar', '-cJf', release.archive, '-C', directory, 'wasmpack-0.1.0-linux-x64')
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return () => release
}
