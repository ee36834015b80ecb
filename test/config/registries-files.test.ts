import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { readRegistriesFiles } from '../../src/config/registries-files.ts'
import { temporaryDirectory } from '../delivery/scene.ts'

function scene(files: readonly string[]) {
  const root = temporaryDirectory()
  const [home, system] = [join(root, 'home'), join(root, 'etc')]
  for (const directory of [
    join(home, '.config/containers/registries.conf.d'),
    join(system, 'registries.conf.d'),
  ])
    mkdirSync(directory, { recursive: true })
  for (const file of files) writeFileSync(join(root, file), file)
  return { root, places: { home, system, environment: {} } }
}

test('registriesFiles finds what podman finds: one main file, the own before that of the system, and what is beside both', async () => {
  const own = 'home/.config/containers/registries.conf'
  const { root, places } = scene([
    own,
    'etc/registries.conf',
    'etc/registries.conf.d/b.conf',
    'etc/registries.conf.d/a.conf',
    'etc/registries.conf.d/note.txt',
    'home/.config/containers/registries.conf.d/c.conf',
  ])
  const found = await readRegistriesFiles(places)
  expect(found.map(({ text }) => text)).toEqual([
    own,
    'etc/registries.conf.d/a.conf',
    'etc/registries.conf.d/b.conf',
    'home/.config/containers/registries.conf.d/c.conf',
  ])
  expect(found[0]!.name).toBe(join(root, own))
  expect(await readRegistriesFiles({ ...places, home: undefined })).toHaveLength(3)
  expect(await readRegistriesFiles({ ...scene([]).places })).toEqual([])
})

test('registriesFiles reads a named file alone, and it has to be there', async () => {
  const { root, places } = scene(['etc/registries.conf', 'flag.conf', 'variable.conf'])
  const environment = { CONTAINERS_REGISTRIES_CONF: join(root, 'variable.conf') }
  const read = async (registriesConf?: string) =>
    (await readRegistriesFiles({ ...places, environment, registriesConf })).map(({ text }) => text)
  expect(await read()).toEqual(['variable.conf'])
  expect(await read(join(root, 'flag.conf'))).toEqual(['flag.conf'])
  await expect(read(join(root, 'none.conf'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', exit: 6 })
  await expect(read(root)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', exit: 10 })
})
