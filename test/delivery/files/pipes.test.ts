import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { listCredentialFiles } from '../../../src/config/credential-files.ts'
import { listPolicyFiles } from '../../../src/config/policy-files.ts'
import { readRegistriesFiles } from '../../../src/config/registries-files.ts'
import { readCapabilityFile } from '../../../src/delivery/files/capability-file.ts'
import { readCopyList } from '../../../src/delivery/files/copy-list.ts'
import { openModuleFile } from '../../../src/delivery/files/module-file.ts'
import { writeOutputFile } from '../../../src/delivery/files/output-file.ts'
import { readPemFile } from '../../../src/delivery/files/text-file.ts'
import { readPolicies } from '../../../src/delivery/policies.ts'
import { loadWorld } from '../../../src/delivery/targets/wit-source.ts'
import { storeCredential } from '../../../src/oci/registry/credentials/credential-store.ts'
import { temporaryDirectory } from '../scene.ts'

const { signal } = new AbortController()

function pipe(path = join(temporaryDirectory(), 'pipe')): string {
  execFileSync('mkfifo', [path])
  return path
}

const named = (what: string): object => ({
  code: 'FILE_UNREADABLE',
  exit: 10,
  message: expect.stringMatching(
    new RegExp(`^cannot read ${what} .*: is a pipe, not a regular file$`),
  ) as string,
})

test.each<[string, (path: string) => Promise<unknown>]>([
  ['module', openModuleFile],
  ['capability manifest', (path) => readCapabilityFile(path, signal)],
  ['policy', (path) => readPolicies([path], signal, { environment: {}, home: undefined })],
  ['public key', (path) => readPemFile(path, 'public key', signal)],
  ['CA file', (path) => readPemFile(path, 'CA file', signal)],
  [
    'credential file',
    (path) => listCredentialFiles({ registryConfig: path, environment: {}, home: undefined })[0]!.read(),
  ],
  ['credential file', (path) => storeCredential(path, 'r.example', { kind: 'registry-token', token: 'x' })],
  ['registries configuration', (path) => readRegistriesFiles({ registriesConf: path, environment: {} })],
  ['list of copies', (path) => readCopyList(path, signal)],
  ['WIT', (path) => loadWorld(path, undefined)],
])('S22: a pipe in the place of a %s is refused at once, not waited for', async (what, read) => {
  await expect(read(pipe())).rejects.toMatchObject(named(what))
})

test('S22: a pipe in policy.d and one in registries.conf.d are refused, for they may be what is in force', async () => {
  const directory = temporaryDirectory()
  const policies = join(directory, 'wasmpack', 'policy.d')
  mkdirSync(policies, { recursive: true })
  pipe(join(policies, 'a.yaml'))
  const environment = { XDG_CONFIG_HOME: directory }
  expect(await listPolicyFiles({ environment, home: undefined })).toHaveLength(1)
  await expect(readPolicies([], signal, { environment, home: undefined })).rejects.toMatchObject(
    named('policy'),
  )

  const system = temporaryDirectory()
  mkdirSync(join(system, 'registries.conf.d'))
  pipe(join(system, 'registries.conf.d', 'a.conf'))
  await expect(readRegistriesFiles({ environment: {}, home: undefined, system })).rejects.toMatchObject(
    named('registries configuration'),
  )
})

test('S22: a pipe that stands where docker keeps credentials is passed over, as any file there that cannot be read', async () => {
  const home = temporaryDirectory()
  mkdirSync(join(home, '.docker'))
  pipe(join(home, '.docker', 'config.json'))
  writeFileSync(join(home, '.dockercfg'), '{}')
  const found: string[] = []
  for (const { name, read } of listCredentialFiles({ environment: {}, home }))
    if ((await read()) !== undefined) found.push(name)
  expect(found).toEqual([join(home, '.dockercfg')])
})

test('S22: a pipe in a WIT directory is refused', async () => {
  const directory = temporaryDirectory()
  pipe(join(directory, 'a.wit'))
  await expect(loadWorld(directory, undefined)).rejects.toMatchObject(named('WIT'))
})

test('S22: a pipe is not replaced by a digest file', async () => {
  await expect(
    writeOutputFile(pipe(), 'sha256:0', { what: 'digest file', overwrite: true }),
  ).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
    message: expect.stringMatching(/^cannot write digest file .*: is a device, a pipe or a socket/) as string,
  })
})
