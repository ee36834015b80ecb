import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { listPolicyFiles } from '../../src/config/policy-files.ts'

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'wasmpack-policies-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const filled = (base: string, ...names: string[]): string => {
  const at = join(base, 'wasmpack', 'policy.d')
  mkdirSync(at, { recursive: true })
  for (const name of names) writeFileSync(join(at, name), '')
  return at
}

test('policyFiles lists those of the environment first, then those of the directory by name', async () => {
  const home = directory()
  const at = filled(
    join(home, '.config'),
    '20-b.yml',
    '10-a.yaml',
    'c.json',
    'README',
    '.hidden.yaml',
    'd.yaml~',
  )
  expect(await listPolicyFiles({ environment: { WASMPACK_POLICY: '/x/p.yaml::/y.yaml' }, home })).toEqual([
    '/x/p.yaml',
    '/y.yaml',
    join(at, '10-a.yaml'),
    join(at, '20-b.yml'),
    join(at, 'c.json'),
  ])
})

test('policyFiles takes the configuration directory from XDG_CONFIG_HOME, unless that is relative', async () => {
  const [home, other] = [directory(), directory()]
  const [own, given] = [filled(join(home, '.config'), 'own.yaml'), filled(other, 'given.yaml')]
  expect(await listPolicyFiles({ environment: { XDG_CONFIG_HOME: other }, home })).toEqual([
    join(given, 'given.yaml'),
  ])
  expect(await listPolicyFiles({ environment: { XDG_CONFIG_HOME: 'relative' }, home })).toEqual([
    join(own, 'own.yaml'),
  ])
})

test('policyFiles is empty where nothing is set up, without a home, and where the home is no directory', async () => {
  expect(await listPolicyFiles({ environment: { WASMPACK_POLICY: '' }, home: directory() })).toEqual([])
  expect(await listPolicyFiles({ environment: {}, home: undefined })).toEqual([])
  expect(await listPolicyFiles({ environment: {}, home: '/dev/null' })).toEqual([])
})

test('policyFiles refuses what would depend on the working directory, and a directory that is none', async () => {
  await expect(
    listPolicyFiles({ environment: { WASMPACK_POLICY: '/a.yaml:b.yaml' }, home: undefined }),
  ).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('b.yaml'),
  })
  const base = directory()
  mkdirSync(join(base, 'wasmpack'))
  writeFileSync(join(base, 'wasmpack', 'policy.d'), '')
  await expect(listPolicyFiles({ environment: { XDG_CONFIG_HOME: base } })).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
  })
})
