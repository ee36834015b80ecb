import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { createHome, runWasmpack, storeCredentials } from '../support/cli.ts'
import { startRegistry } from '../support/registry/registry.ts'

const MODULE = fileURLToPath(new URL('../../fixtures/rust-hello.wasm', import.meta.url))

test('no command prints a warning of Node, with many tags and many referrers', async () => {
  const registry = await startRegistry({
    auth: { kind: 'bearer', username: 'ci', password: 'secret' },
  })
  const home = createHome()
  const wasmpack = async (...args: readonly string[]): Promise<string> => {
    const run = await runWasmpack(home, args, { env: { COSIGN_PASSWORD: 'pw' } })
    expect(run).toMatchObject({ exit: 0 })
    expect(run.stderr).not.toMatch(/Warning/)
    return run.stdout.trim()
  }
  try {
    storeCredentials(home, registry.host, 'ci', 'secret')
    const repository = `${registry.host}/team/app`
    await wasmpack('generate-key-pair')
    for (let at = 1; at <= 6; at++)
      await wasmpack('push', `${repository}:${at}`, MODULE, '-a', `n=${at}`, '--key', 'cosign.key')
    await wasmpack('ls', repository)
    const named = await wasmpack('resolve', `${repository}:1`)
    for (let at = 1; at <= 3; at++) {
      await wasmpack('generate-key-pair', '--force')
      await wasmpack('sign', named, '--key', 'cosign.key')
    }
    await wasmpack('discover', `${repository}:1`)
    await wasmpack('inspect', `${repository}:1`)
    await wasmpack('copy', `${repository}:1`, `${registry.host}/team/other:1,2,3`)
    await wasmpack('verify', `${repository}:1`, '--key', 'cosign.pub')
  } finally {
    home.dispose()
    await registry.close()
  }
}, 120_000)
