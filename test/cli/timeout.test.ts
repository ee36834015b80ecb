import { expect, test } from 'vitest'

import { createHome, runWasmpack } from '../support/cli.ts'
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
