import { expect, test } from 'vitest'

import type { RegistryClientOptions } from '../../../src/delivery/open/client-options.ts'
import { createTargetOpener } from '../../../src/delivery/open/open-target.ts'
import { parseReference } from '../../../src/oci/reference.ts'
import { startRegistry } from '../../support/registry/registry.ts'
import { temporaryDirectory } from '../scene.ts'

const access = (changes: Partial<RegistryClientOptions> = {}): RegistryClientOptions => ({
  debug: () => undefined,
  signal: new AbortController().signal,
  ...changes,
})
const credential = { kind: 'basic', username: 'alice', password: 'secret' } as const

test('targetOpener gives credentials of the command line to one registry and refuses a second', async () => {
  const [one, other] = [
    await startRegistry({ auth: { kind: 'basic', username: 'alice', password: 'secret' } }),
    await startRegistry(),
  ]
  try {
    const open = createTargetOpener(access({ credential }))
    await expect((await open(parseReference(`${one.host}/a/b:1`))).tags()).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await open(parseReference(`${one.host}/c/d:1`))
    await expect(open(parseReference(`${other.host}/a/b:1`))).rejects.toMatchObject({
      code: 'USAGE',
      exit: 2,
    })
    expect(other.log).toEqual([])
  } finally {
    await Promise.all([one.close(), other.close()])
  }
})

test('targetOpener opens several registries without credentials of the command line', async () => {
  const open = createTargetOpener(access())
  expect((await open(parseReference('one.example/a:1'))).name).toBe('one.example/a')
  expect((await open(parseReference('other.example/a:1'))).name).toBe('other.example/a')
})

test('targetOpener makes a layout that is not there only with create', async () => {
  const reference = parseReference(`oci-layout:${temporaryDirectory()}/oci:1`)
  const open = createTargetOpener(access())
  await expect(open(reference)).rejects.toMatchObject({ code: 'NOT_FOUND', exit: 6 })
  expect(await (await open(reference, { create: true })).tags()).toEqual([])
})
