import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { createHome, runWasmpack, wasmpackCommand } from '../support/cli.ts'
import { fixturePath } from '../support/fixtures.ts'
import { startRegistry } from '../support/registry/registry.ts'

test('--timeout ends a run that waits, with exit status 9 and nothing written', async () => {
  const registry = await startRegistry()
  const home = createHome()
  try {
    registry.fault({ fault: { kind: 'stall' } })
    const args = ['pull', `${registry.host}/team/app:1`, '-o', 'app.wasm', '--insecure-ignore-signature']
    const run = await runWasmpack(home, [...args, '--timeout', '1500ms', '--format', 'json'])
    expect(run.exit).toBe(9)
    expect(JSON.parse(run.stdout)).toMatchObject({
      error: { code: 'UNAVAILABLE', message: 'timed out after 1.5 s (--timeout)' },
    })
    expect(registry.log.length).toBeLessThan(2)
  } finally {
    home.dispose()
    await registry.close()
  }
})

test('a wait between two attempts is told on stderr, and at last how many there were', async () => {
  const registry = await startRegistry()
  const home = createHome()
  try {
    registry.fault({ fault: { kind: 'status', status: 503, headers: { 'retry-after': '2' } } })
    const run = await runWasmpack(home, ['resolve', `${registry.host}/team/app:1`, '--retries', '1'])
    expect(run).toMatchObject({ exit: 9, stdout: '' })
    expect(run.stderr).toBe(
      [
        `${registry.host} answered 503 Service Unavailable (attempt 1 of 2); retrying in 2 s`,
        `error: registry ${registry.host} answered 503 Service Unavailable to the request for ${registry.host}/team/app:1; gave up after 2 attempts  [UNAVAILABLE]`,
        'hint: try again in 2 seconds',
        '',
      ].join('\n'),
    )
  } finally {
    home.dispose()
    await registry.close()
  }
})

test.each([
  [['push', 'oci-layout:oci:1', fixturePath('as-hello'), '-c', '-']],
  [['copy', '--from-file', '-']],
  [['login', '127.0.0.1:1', '--username', 'me', '--password-stdin']],
  [['resolve', '127.0.0.1:1/team/app:1', '--registry-token-stdin']],
])('--timeout ends the wait for a stdin that nobody writes to: %j', async (args) => {
  const home = createHome()
  onTestFinished(() => home.dispose())
  const [program, own] = wasmpackCommand([...args, '--timeout', '1s'])
  const child = spawn(program, [...own], {
    cwd: home.work,
    env: home.env,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const [status] = (await once(child, 'close')) as [number]
  expect(Buffer.concat(errors).toString()).toContain('error: timed out after 1 s (--timeout)  [UNAVAILABLE]')
  expect(status).toBe(9)
})

test.each([
  [['tag', 'oci-layout:oci:1', '2']],
  [['delete', 'oci-layout:oci:1', '--yes']],
  [['push', 'oci-layout:oci:3', fixturePath('as-hello')]],
])('--timeout ends the wait for the lock of a layout: %j', async (args) => {
  const home = createHome()
  onTestFinished(() => home.dispose())
  expect((await runWasmpack(home, ['push', 'oci-layout:oci:1', fixturePath('as-hello')])).exit).toBe(0)
  // A process of another machine, which cannot be asked whether it lives.
  writeFileSync(join(home.work, 'oci', `.wasmpack-lock.1.00000000.1.0.${'a'.repeat(16)}`), '')
  const run = await runWasmpack(home, [...args, '--timeout', '1s'])
  expect(run).toMatchObject({ exit: 9, stdout: '' })
  expect(run.stderr).toContain('error: timed out after 1 s (--timeout)  [UNAVAILABLE]')
})
