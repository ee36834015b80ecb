import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createHome, startWasmpack } from '../support/cli.ts'
import { fixtureCapabilities, readFixture } from '../support/fixtures.ts'
import { startRegistry } from '../support/registry/registry.ts'

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a push that is ended by %s takes its upload back', async (signal, exit) => {
  const registry = await startRegistry()
  const home = createHome()
  try {
    writeFileSync(join(home.work, 'app.wasm'), readFixture('as-hello'))
    writeFileSync(join(home.work, 'app.capabilities.yaml'), fixtureCapabilities('as-hello')!)
    const uploading = new Promise<void>((resolve) =>
      registry.misbehave((method) => {
        if (method !== 'PUT') return undefined
        resolve()
        return { kind: 'hold-upload', after: 1, until: 'DELETE' }
      }),
    )
    const run = startWasmpack(home, ['push', `${registry.host}/team/app:1`, 'app.wasm'])
    await Promise.race([uploading, run.ended])
    run.process.kill(signal)
    expect(await run.ended).toMatchObject({ exit, stdout: '' })
    expect(registry.requests().filter((line) => line.startsWith('DELETE'))).not.toEqual([])
    expect(registry.store.repository('team/app').tags.size).toBe(0)
  } finally {
    home.dispose()
    await registry.close()
  }
})
