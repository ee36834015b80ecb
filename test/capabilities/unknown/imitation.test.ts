import { describe, expect, test } from 'vitest'

import { listCatalogRows } from '../../../src/capabilities/catalog/catalog.ts'
import { type RequestedImport, listRequestedImports } from '../../../src/capabilities/catalog/classify.ts'
import { describeImitation } from '../../../src/capabilities/unknown/imitation.ts'
import { component, core, granting, judging } from '../samples.ts'

const P1 = 'wasi_snapshot_preview1'

const imitation = (module: string, name: string): string | undefined =>
  describeImitation(listRequestedImports(core({ module, name }))[0]!)

const ofInterface = (label: string, name: string): string | undefined =>
  describeImitation(listRequestedImports(component({ [label]: [name] }))[0]!)

describe('an imitation', () => {
  test.each([
    ['a Cyrillic letter', 'w\u0430si_snapshot_preview1', 'U+0430 in place of "a"'],
    ['a Cyrillic capital', 'w\u0410si_snapshot_preview1', 'U+0410 in place of "a"'],
    ['several letters', '\u051d\u0430\u0455i_snapshot_preview1', 'U+051D U+0430 U+0455 in place of "was"'],
    ['a zero-width space', 'wasi_\u200bsnapshot_preview1', 'U+200B in place of nothing'],
    ['a combining mark', 'wasi_snapsh\u006f\u0301t_preview1', 'U+0301 in place of nothing'],
    ['a precomposed letter', 'wasi_snapsh\u00f3t_preview1', 'U+00F3 in place of "o"'],
    ['full-width letters', '\uff57asi_snapshot_preview1', 'U+FF57 in place of "w"'],
    ['mathematical letters', '\u{1d430}asi_snapshot_preview1', 'U+1D430 in place of "w"'],
    ['l for 1', 'wasi_snapshot_previewl', '"l" in place of "1"'],
    ['0 for o', 'wasi_snapsh0t_preview1', '"0" in place of "o"'],
    ['vv for w', 'vvasi_snapshot_preview1', '"vv" in place of "w"'],
    ['hyphens', 'wasi-snapshot-preview1', '"-snapshot-" in place of "_snapshot_"'],
    ['capitals', 'WASI_snapshot_preview1', '"WASI" in place of "wasi"'],
    ['a space at the end', `${P1} `, 'U+0020 in place of nothing'],
    ['a line break at the end', `${P1}\n`, 'U+000A in place of nothing'],
  ])('by %s is told from what it imitates', (_, module, difference) => {
    expect(imitation(module, 'fd_write')).toBe(`looks like "wasi_snapshot_preview1", but has ${difference}`)
  })

  test('of a function is told too', () => {
    expect(imitation(P1, 'fd_wr\u0456te')).toBe('looks like "fd_write", but has U+0456 in place of "i"')
    expect(ofInterface('wasi:fi1esystem/types@0.2.0', 'get')).toBe(
      'looks like "wasi:filesystem/types", but has "1" in place of "l"',
    )
    expect(ofInterface('wasi:cli/exit@0.2.0', 'ex1t')).toMatch(/^looks like "exit"/)
  })

  test.each([
    ['the known name itself, unknown function', P1, 'fd_teleport'],
    ['another world', 'env', 'abort'],
    ['words of another language alone', '\u043f\u0440\u0438\u0432\u0435\u0442', 'f'],
    ['no name', '', ''],
    ['a name too long to be meant for anything', `${P1}${'\u0301'.repeat(300)}`, 'f'],
  ])('is not %s', (_, module, name) => {
    expect(imitation(module, name)).toBeUndefined()
  })

  test('need not have an original to be odd', () => {
    expect(imitation('h\u043est', 'f')).toBe('its name has U+043E, which looks like "o"')
    expect(imitation('host', 'f\u202e')).toBe('its name has the invisible character U+202E')
  })

  test('is no function of the catalogue', () => {
    const unlike = listCatalogRows().filter(({ module, name }) => {
      const request = module.includes(':')
        ? listRequestedImports(component({ [`${module}.0`]: [name] }))[0]!
        : listRequestedImports(core({ module, name }))[0]!
      return describeImitation(request) !== undefined
    })
    expect(unlike).toEqual([])
  })
})

describe('a verdict on an imitation', () => {
  const module = 'w\u0430si_snapshot_preview1'
  const found = core({ module, name: 'fd_write' })

  test('denies it without offering to grant it, whatever becomes of unknown imports', () => {
    const manifest = granting({ stdio: ['stdout'] })
    const lenient = { ...manifest, spec: { ...manifest.spec, onUnknownImport: 'warn' as const } }
    const finding = judging(found, lenient).findings.find(({ rule }) => rule === 'look-alike')
    expect(finding).toMatchObject({ severity: 'error', import: `${module}.fd_write` })
    expect(finding).not.toHaveProperty('grant')
  })

  test('warns of one that is granted', () => {
    const manifest = granting({})
    const granted = {
      ...manifest,
      spec: { ...manifest.spec, hostInterfaces: [{ module, names: ['fd_write'] }] },
    }
    expect(judging(found, granted)).toMatchObject({
      allowed: true,
      findings: [{ rule: 'look-alike', severity: 'warning' }],
    })
  })
})

test('the parts of an import that is shown cannot pass for one another', () => {
  const shown = (module: string, name: string): string =>
    (listRequestedImports(core({ module, name }))[0] as RequestedImport).shown
  expect(shown(P1, 'fd_write')).toBe('wasi_snapshot_preview1.fd_write')
  expect(shown('a.b', 'c')).toBe('"a.b".c')
  expect(shown('a', 'b.c')).toBe('a.b.c')
  expect(shown('', '')).toBe('"".""')
  expect(shown('a', 'b, a.c')).toBe('a."b, a.c"')
  expect(shown('a"', 'b')).toBe('"a\\"".b')
})
