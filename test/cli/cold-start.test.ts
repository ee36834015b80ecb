import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { createHome, runWasmpack } from '../support/cli.ts'
import { fixtureCapabilities, fixturePath } from '../support/fixtures.ts'
import type { StartCost } from '../../src/delivery/start-cost.ts'

const home = createHome()
/** Without the runtimes of this machine. */
const env = { PATH: '/nonexistent' }
afterAll(() => home.dispose())

interface Shown {
  readonly size: number
  readonly startCost?: StartCost
  readonly verified?: boolean
}

async function inspected(...args: readonly string[]): Promise<Shown> {
  const run = await runWasmpack(home, ['inspect', '--format', 'json', ...args], { env })
  expect(run).toMatchObject({ exit: 0, stderr: '' })
  return JSON.parse(run.stdout) as Shown
}

describe('inspect --cold-start', () => {
  it('measures a file and names a runtime that is absent', async () => {
    const { size, startCost } = await inspected(fixturePath('cpp-files'), '--cold-start')
    expect(startCost).toMatchObject({ bytes: size })
    expect(startCost!.gzipBytes).toBeGreaterThan(0)
    expect(startCost!.gzipBytes).toBeLessThan(size)
    const [v8, wasmtime] = startCost!.coldStarts
    expect(v8).toMatchObject({ runtime: 'V8', rounds: 5 })
    expect(v8!.compile).toEqual(expect.any(Number))
    expect(v8!.instantiate).toEqual(expect.any(Number))
    expect(wasmtime).toEqual({ runtime: 'Wasmtime', notes: ['not found on PATH'] })
  })

  it('measures the module of an artifact and leaves no copy of it behind', async () => {
    expect(fixtureCapabilities('cpp-files')).toBeDefined()
    const pushed = await runWasmpack(home, ['push', 'oci-layout:oci:1', fixturePath('cpp-files')])
    expect(pushed.exit).toBe(0)
    const { size, startCost, verified } = await inspected('oci-layout:oci:1', '--cold-start')
    expect(startCost).toMatchObject({ bytes: size })
    expect(startCost!.coldStarts[0]!.compile).toEqual(expect.any(Number))
    expect(verified).toBe(false)
    expect(readdirSync(join(home.directory, 'tmp'))).toEqual([])
  })

  it('shows it in words', async () => {
    const args = ['inspect', fixturePath('hello-component'), '--cold-start']
    const { stdout, exit } = await runWasmpack(home, args, { env })
    expect(exit).toBe(0)
    expect(stdout).toMatch(/^cold start\n {2}transfer {6}81\.6 KiB; [\d.]+ KiB with gzip$/m)
    expect(stdout).toMatch(/^ {2}V8 {12}runs core modules only/m)
    expect(stdout).toMatch(/^ {2}Wasmtime {6}not found on PATH$/m)
  })

  it('measures nothing unless it is asked to', async () => {
    expect((await inspected(fixturePath('cpp-files'))).startCost).toBeUndefined()
  })
})

describe('inspect --key', () => {
  it('fails where verify would', async () => {
    const password = { env: { ...env, COSIGN_PASSWORD: 'x' } }
    for (const name of ['one', 'other'])
      await runWasmpack(home, ['generate-key-pair', '--output-key-prefix', name], password)
    await runWasmpack(
      home,
      ['push', 'oci-layout:oci:2', fixturePath('as-hello'), '--key', 'one.key'],
      password,
    )
    expect((await inspected('oci-layout:oci:2', '--key', 'one.pub')).verified).toBe(true)
    const refused = await runWasmpack(home, ['inspect', 'oci-layout:oci:2', '--key', 'other.pub'], { env })
    expect(refused).toMatchObject({ exit: 4, stdout: '' })
  })
})
