import { createHash, randomBytes } from 'node:crypto'
import { constants, deflateRawSync, deflateSync } from 'node:zlib'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { GO_LIST_END, GO_LIST_START } from '../../src/sbom/go-modules.ts'
import { component, custom, module, section } from '../support/wasm-builder.ts'
import { auditable, crate, readMaterialsOf } from './scene.ts'

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const goList = (...lines: readonly string[]): Uint8Array =>
  Buffer.concat([GO_LIST_START, Buffer.from(`${lines.join('\n')}\n`), GO_LIST_END])

describe('P14: the list of cargo auditable', () => {
  it('names crates with their versions, sources, kinds and dependencies', async () => {
    const packages = [
      crate('app', [1, 2, 3], { source: 'local', root: true }),
      crate('itoa'),
      crate('cc', [], { kind: 'build' }),
      crate('patched', [], { source: 'git' }),
    ]
    const { module: root, problems } = await readMaterialsOf(module(auditable({ packages, format: 1 })))
    expect(problems).toEqual([])
    expect(root.list).toEqual({
      by: 'cargo auditable',
      roots: [0],
      hasGraph: true,
      packages: [
        {
          ecosystem: 'cargo',
          name: 'app',
          version: '1.0.0',
          source: 'local',
          isBuildOnly: false,
          dependencies: [1, 2, 3],
        },
        {
          ecosystem: 'cargo',
          name: 'itoa',
          version: '1.0.0',
          source: 'crates.io',
          purl: 'pkg:cargo/itoa@1.0.0',
          isBuildOnly: false,
          dependencies: [],
        },
        {
          ecosystem: 'cargo',
          name: 'cc',
          version: '1.0.0',
          source: 'crates.io',
          purl: 'pkg:cargo/cc@1.0.0',
          isBuildOnly: true,
          dependencies: [],
        },
        {
          ecosystem: 'cargo',
          name: 'patched',
          version: '1.0.0',
          source: 'git',
          isBuildOnly: false,
          dependencies: [],
        },
      ],
    })
  })

  it('is the same in whatever pieces the bytes arrive', async () => {
    const bytes = component(
      section(1, module(auditable({ packages: [crate('a')] }))),
      section(
        1,
        module(
          custom('data', goList('mod\texample.com/m\t(devel)\t', 'dep\tgolang.org/x/text\tv0.42.0\th1:x')),
        ),
      ),
    )
    const whole = await readMaterialsOf(bytes)
    expect(whole.nested.map(({ list }) => list?.by)).toEqual(['cargo auditable', 'Go'])
    for (const piece of [1, 2, 15, 16, 17, 100]) expect(await readMaterialsOf(bytes, piece)).toEqual(whole)
  })

  /** Inflates to 3 GB: the same megabyte of spaces again and again, after a header of zlib. */
  const megabyte = deflateRawSync(Buffer.alloc(2 ** 20, ' '), { finishFlush: constants.Z_FULL_FLUSH })
  const bomb = Buffer.concat([Buffer.from([0x78, 0x9c]), ...Array.from({ length: 3000 }, () => megabyte)])
  it.each([
    ['inflates to gigabytes', custom('.dep-v0', bomb), 'inflates to more than 8 MiB'],
    ['is not compressed', custom('.dep-v0', Buffer.from('{"packages":[]}')), 'is not compressed with zlib'],
    [
      'has a cycle',
      auditable({ packages: [crate('a', [1]), crate('b', [2]), crate('c', [1])] }),
      'has packages that depend on each other in a cycle',
    ],
    [
      'depends on itself',
      auditable({ packages: [crate('a', [0])] }),
      'has packages that depend on each other in a cycle',
    ],
    [
      'has a name with control characters',
      auditable({ packages: [crate('a\u001b[2Jb')] }),
      'has a package whose name, version or source is missing or not plain text',
    ],
    [
      'has a name with characters that reverse text',
      auditable({ packages: [crate('a\u202eb')] }),
      'has a package whose name, version or source is missing or not plain text',
    ],
    [
      'has a dependency that is not there',
      auditable({ packages: [crate('a', [1])] }),
      'has a dependency on a package that is not in it',
    ],
    [
      'has a dependency that is no number',
      auditable({ packages: [crate('a', [0.5])] }),
      'has a dependency on a package that is not in it',
    ],
    [
      'has two roots',
      auditable({ packages: [crate('a', [], { root: true }), crate('b', [], { root: true })] }),
      'has more than one root',
    ],
    [
      'has an unknown kind',
      auditable({ packages: [crate('a', [], { kind: 'dev' })] }),
      'has a package whose kind is neither runtime nor build',
    ],
    ['has a key twice', auditable('{"packages":[],"packages":[]}'), 'has the key "packages" twice'],
    ['is nested too deeply', auditable('['.repeat(100_000)), 'is nested deeper than 32'],
    ['has another form', auditable([]), 'has no "packages"'],
    [
      'has too many packages',
      auditable(`{"packages":[${'0,'.repeat(50_000)}0]}`),
      'has more than 50000 packages',
    ],
    ['is too long', custom('.dep-v0', randomBytes(4 * 2 ** 20 + 1)), 'is too long'],
  ])('that %s is a problem, and nothing of it is taken over', async (_, list, problem) => {
    const { module: root, problems } = await readMaterialsOf(module(list))
    expect(problems).toEqual([`the list of packages by cargo auditable ${problem}`])
    expect(root.list).toBeUndefined()
  })

  it('a second list makes both of no use', async () => {
    const list = auditable({ packages: [crate('a')] })
    const { module: root, problems } = await readMaterialsOf(module(list, list))
    expect(problems).toEqual(['the module has 2 lists of packages, expected one'])
    expect(root.list).toBeUndefined()
  })

  it('random bytes are never more than a problem', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => deflateSync(text)),
        ),
        async (bytes) => {
          const { problems, module: root } = await readMaterialsOf(module(custom('.dep-v0', bytes)))
          expect(problems.length).toBe(root.list === undefined ? 1 : 0)
        },
      ),
      { numRuns: 200, seed: 17 },
    )
  })
})

describe('the list of Go', () => {
  it('names modules, replacements and checksums, and no directory of the machine that built it', async () => {
    const list = goList(
      'path\texample.com/app/cmd',
      'mod\texample.com/app\t(devel)\t',
      'dep\tgolang.org/x/Text\tv0.42.0+incompatible\th1:abc=',
      'dep\texample.com/local\tv1.0.0',
      '=>\t/home/someone/local\t\t',
      'dep\texample.com/fork\tv1.0.0',
      '=>\texample.com/other\tv1.2.0\th1:def=',
      'build\t-compiler=gc',
    )
    const { module: root, problems } = await readMaterialsOf(module(section(11, 0), custom('x', list)))
    expect(problems).toEqual([])
    expect(root.list).toMatchObject({ by: 'Go', roots: [0], hasGraph: false })
    expect(
      root.list?.packages.map(({ name, version, source, purl }) => [name, version, source, purl]),
    ).toEqual([
      ['example.com/app', undefined, 'local', undefined],
      [
        'golang.org/x/Text',
        'v0.42.0+incompatible',
        'go',
        'pkg:golang/golang.org/x/text@v0.42.0%2Bincompatible',
      ],
      ['example.com/local', undefined, 'local', undefined],
      ['example.com/other', 'v1.2.0', 'go', 'pkg:golang/example.com/other@v1.2.0'],
    ])
    expect(root.list?.packages[0]?.dependencies).toEqual([1, 2, 3])
  })

  it.each([
    ['names nothing', goList('build\t-compiler=gc'), 'names neither a program nor a module'],
    [
      'has a path with control characters',
      goList('dep\ta\u001bb\tv1'),
      'has a module whose path or version is missing or not plain text',
    ],
    ['replaces nothing', goList('=>\tb\tv1'), 'replaces a module that it does not name'],
  ])('that %s is a problem', async (_, list, problem) => {
    expect((await readMaterialsOf(module(custom('x', list)))).problems).toEqual([
      `the list of packages by Go ${problem}`,
    ])
  })

  it('of a program outside of a module is empty', async () => {
    const { problems, module: root } = await readMaterialsOf(
      module(custom('x', goList('path\tcommand-line-arguments'))),
    )
    expect([problems, root.list?.packages]).toEqual([[], []])
  })

  it('a start without an end is no list', async () => {
    const { problems, module: root } = await readMaterialsOf(
      module(custom('x', Buffer.concat(Array.from({ length: 1000 }, () => GO_LIST_START)))),
    )
    expect([problems, root.list]).toEqual([[], undefined])
  })
})

it('nested binaries have their own digests, depths and lists', async () => {
  const inner = module(auditable({ packages: [crate('inner')] }))
  const middle = component(section(1, inner))
  const { nested, module: root } = await readMaterialsOf(component(section(4, middle), section(1, module())))
  expect(root.list).toBeUndefined()
  expect(
    nested.map(({ kind, depth, digest, list }) => [kind, depth, digest, list?.packages[0]?.name]),
  ).toEqual([
    ['component', 1, sha256(middle), undefined],
    ['module', 2, sha256(inner), 'inner'],
    ['module', 1, sha256(module()), undefined],
  ])
})
