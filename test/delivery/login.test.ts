import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it, onTestFinished, vi } from 'vitest'

import { logIn, logOut } from '../../src/delivery/login.ts'
import { startRegistry } from '../support/registry/registry.ts'
import { temporaryDirectory } from './scene.ts'

const account = { username: 'alice', password: 'correct' }

/** A registry with that account, and an empty home directory of the test's own. */
async function scene(kind: 'basic' | 'bearer') {
  const registry = await startRegistry({ auth: { kind, ...account } })
  onTestFinished(() => registry.close())
  const home = temporaryDirectory()
  vi.stubEnv('XDG_CONFIG_HOME', home)
  onTestFinished(() => void vi.unstubAllEnvs())
  const warnings: string[] = []
  const access = {
    registryConfig: join(home, 'config.json'),
    debug: undefined,
    warn: (line: string) => void warnings.push(line),
    signal: new AbortController().signal,
  }
  return { registry, access, warnings, pins: join(home, 'wasmpack', 'realms.json') }
}

it('stores an accepted credential and pins its token service; logging out removes both', async () => {
  const { registry, access, pins, warnings } = await scene('bearer')
  expect(await logIn(registry.host, { kind: 'basic', ...account }, access)).toEqual({
    registry: registry.host,
    place: access.registryConfig,
    realm: registry.origin,
  })
  expect(readFileSync(access.registryConfig, 'utf8')).toContain(registry.host)
  expect(readFileSync(pins, 'utf8')).toContain(registry.origin)
  expect(await logOut(registry.host, access)).toEqual({ registry: registry.host, removed: true })
  expect(readFileSync(access.registryConfig, 'utf8')).not.toContain(registry.host)
  expect(readFileSync(pins, 'utf8')).not.toContain(registry.origin)
  expect(await logOut(registry.host, access)).toMatchObject({ removed: false })
  expect(warnings).toEqual([])
})

it('stores nothing that the registry rejects', async () => {
  const { registry, access, pins } = await scene('basic')
  await expect(
    logIn(registry.host, { kind: 'basic', username: 'alice', password: 'wrong' }, access),
  ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  expect([existsSync(access.registryConfig), existsSync(pins)]).toEqual([false, false])
})

it('succeeds with a warning where the token service cannot be pinned', async () => {
  const { registry, access, warnings } = await scene('bearer')
  const file = join(temporaryDirectory(), 'no-directory')
  writeFileSync(file, '')
  vi.stubEnv('XDG_CONFIG_HOME', file)
  const result = await logIn(registry.host, { kind: 'basic', ...account }, access)
  expect(result.place).toBe(access.registryConfig)
  expect(warnings).toEqual([expect.stringContaining(`${registry.origin} is not pinned`)])
})
