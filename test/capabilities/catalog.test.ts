import { expect, test } from 'vitest'

import { catalogRows, classOfCoreImport, classOfInterfaceFunction } from '../../src/capabilities/catalog.ts'
import { catalogDigest } from '../../src/capabilities/catalog-digest.ts'
import { CLASSES, classRule } from '../../src/capabilities/classes.ts'

test('classOfCoreImport tells the functions of WASI 0.1 apart', () => {
  const classes = ['fd_write', 'fd_seek', 'path_open', 'path_unlink_file', 'fd_readdir', 'proc_exit'].map(
    (name) => classOfCoreImport('wasi_snapshot_preview1', name),
  )
  expect(classes).toEqual(['stdio-or-fs.write', 'fd', 'fs.open', 'fs.write', 'fs.read', 'exit'])
})

test('classOfCoreImport knows nothing of names that objects have', () => {
  expect(classOfCoreImport('__proto__', 'toString')).toBeUndefined()
  expect(classOfCoreImport('wasi_snapshot_preview1', 'constructor')).toBeUndefined()
  expect(classOfCoreImport('wasi_unstable', 'fd_write')).toBeUndefined()
})

test.each([
  ['wasi:filesystem/types@0.2.0', '[method]descriptor.open-at', 'fs.open'],
  ['wasi:filesystem/types@0.2.99', '[method]descriptor.stat', 'fs.handle'],
  ['wasi:filesystem/types@0.2.3+build.7', '[method]descriptor.open-at', 'fs.open'],
  ['wasi:filesystem/types@0.2', '[method]descriptor.open-at', 'fs.open'],
  ['wasi:clocks/system-clock@0.3.0', 'now', 'clock.wall'],
  ['wasi:http/handler@0.3.1', 'handle', 'http.outgoing'],
  ['wasi:http/incoming-handler@0.2.0', 'handle', 'http.incoming'],
])('classOfInterfaceFunction finds %s %s', (name, member, expected) => {
  expect(classOfInterfaceFunction(name, member)).toBe(expected)
})

test.each([
  ['wasi:filesystem/types@0.3.0-rc-2025-09-16', '[method]descriptor.open-at'],
  ['wasi:filesystem/types@0.2.0-rc.1', '[method]descriptor.open-at'],
  ['wasi:filesystem/types@1.0.0', '[method]descriptor.open-at'],
  ['wasi:filesystem/types@0.20.0', '[method]descriptor.open-at'],
  ['wasi:filesystem/types', '[method]descriptor.open-at'],
  ['wasi:clocks/system-clock@0.2.0', 'now'],
  ['wasi:clocks/wall-clock@0.3.0', 'now'],
  ['wasi:cli/exit@0.2.0', 'exit-later'],
  ['toString@0.2.0', 'exit'],
])('classOfInterfaceFunction does not know %s %s', (name, member) => {
  expect(classOfInterfaceFunction(name, member)).toBeUndefined()
})

test('catalogRows holds each function once, with a class that there is', () => {
  const rows = catalogRows()
  expect(new Set(rows.map(({ module, name }) => `${module} ${name}`)).size).toBe(rows.length)
  expect(rows.filter((row) => !Object.hasOwn(CLASSES, row.class))).toEqual([])
  const count = (suffix: string): number => rows.filter(({ module }) => module.endsWith(suffix)).length
  expect([count('preview1'), count('@0.2'), count('@0.3')]).toEqual([46, 181, 130])
})

test('CLASSES asks for a grant wherever there is a risk, but for handles', () => {
  const free = (Object.keys(CLASSES) as (keyof typeof CLASSES)[]).filter(
    (name) => classRule(name).risk !== 'none' && classRule(name).grants === undefined,
  )
  expect(free).toEqual(['fs.handle.read', 'fs.handle.write'])
})

test('CLASSES has an example for every class that asks for a grant', () => {
  const mute = (Object.keys(CLASSES) as (keyof typeof CLASSES)[]).filter(
    (name) => classRule(name).grants !== undefined && classRule(name).example === undefined,
  )
  expect(mute).toEqual([])
})

test('catalogDigest is a digest, and always the same one', () => {
  expect(catalogDigest()).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(catalogDigest()).toBe(catalogDigest())
})
