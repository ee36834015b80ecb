import { expect, test } from 'vitest'

import {
  completesVersion,
  parseExternName,
  computeUniquenessKey,
} from '../../../src/wasm/component/extern-name.ts'

test.each([
  ['log', { kind: 'plain', label: 'log' }],
  ['a0-000-3d4a-54FF', { kind: 'plain', label: 'a0-000-3d4a-54FF' }],
  ['[constructor]fields', { kind: 'plain', annotation: 'constructor', resource: 'fields', label: 'fields' }],
  [
    '[method]descriptor.open-at',
    { kind: 'plain', annotation: 'method', resource: 'descriptor', label: 'open-at' },
  ],
  [
    '[static]fields.from-list',
    { kind: 'plain', annotation: 'static', resource: 'fields', label: 'from-list' },
  ],
  ['[async method]a.b', { kind: 'plain', annotation: 'async method', resource: 'a', label: 'b' }],
  ['wasi:cli/run', { kind: 'interface', package: 'wasi:cli', interface: 'run' }],
  [
    'wasi:http/types@0.2.3',
    { kind: 'interface', package: 'wasi:http', interface: 'types', version: '0.2.3' },
  ],
  ['wasi:http/types@0.2', { kind: 'interface', package: 'wasi:http', interface: 'types', version: '0.2' }],
  [
    'a:b/c@0.2.0-draft2+x.1',
    { kind: 'interface', package: 'a:b', interface: 'c', version: '0.2.0-draft2+x.1' },
  ],
  ['a:b:c/d/e', { kind: 'interface', package: 'a:b:c', interface: 'd/e' }],
  ['unlocked-dep=<a:b@{>=1.0.0}>', undefined],
  ['unlocked-dep=<a:b@*>', { kind: 'dependency', scheme: 'unlocked-dep', value: 'a:b@*' }],
  [
    'locked-dep=<a:b@1.0.0>,integrity=<sha256-x>',
    { kind: 'dependency', scheme: 'locked-dep', value: 'a:b@1.0.0', integrity: 'sha256-x' },
  ],
  [
    'url=<https://x.example/a.wasm>',
    { kind: 'dependency', scheme: 'url', value: 'https://x.example/a.wasm' },
  ],
  ['integrity=<sha256-x>', { kind: 'dependency', scheme: 'integrity', value: 'sha256-x' }],
  ...[
    '',
    '-',
    'a-',
    'aB',
    '0',
    '0-a',
    'a-b--c',
    'a b',
    'ä',
    '[method]a',
    '[method]a.b.c',
    '[foo]a',
    '[method',
    'a]b',
    'wasi:cli',
    'wasi:cli/',
    ':cli/run',
    'Wasi:cli/run',
    'wasi:Cli/run',
    'a:b/c@',
    'a:b/c@1.',
    'a:b/c@2.b',
    'a:b/c@01.0.0',
    'a:b/c@2.0.0-',
    'a:b/c@2.0.0+',
    'a:b/c@1.2',
    'a:b/c@1.0.0-01',
    'a/b',
    'integrity=<a>,integrity=<b>',
    'other=<a>',
  ].map((text): [string, undefined] => [text, undefined]),
])('parseExternName reads %j', (text, expected) => {
  expect(parseExternName(text)).toEqual(expected)
})

test('parseExternName takes time in proportion to a hostile name', () => {
  for (const text of [
    '0-'.repeat(50_000),
    `a${'-0'.repeat(50_000)}!`,
    `a:b/c@1.0.0-${'0'.repeat(90_000)}.`,
    '['.repeat(100_000),
  ])
    expect(parseExternName(text)).toBeUndefined()
})

test.each([
  ['0.2', '.6', true],
  ['1', '.2.3', true],
  ['0.0.1', '+build', true],
  ['0.2', '.6-rc.1', true],
  ['0.2.6-rc.1', '+build', true],
  ['0.2.6', '', false],
  ['1.2', '.3', false],
  ['0.2', '.x', false],
  ['0.2', '', false],
])('completesVersion says of %s and %j: %s', (version, suffix, expected) => {
  expect(completesVersion(version, suffix)).toBe(expected)
})

test('uniquenessKey follows the lists of the specification', () => {
  const key = (text: string): string => computeUniquenessKey(parseExternName(text)!, text)
  const apart = ['foo', 'foo-bar', '[constructor]foo', '[method]foo.bar', '[static]foo.baz', 'foo:bar/baz']
  expect(new Set(apart.map(key)).size).toBe(apart.length)
  const taken = [
    'FOO',
    'foo-BAR',
    '[constructor]FOO',
    '[method]foo.BAR',
    '[static]foo.bar',
    '[method]foo.baz',
    '[method]foo.foo',
    '[static]foo-BAR.FOO-bar',
    'foo:bar/BAZ',
  ]
  for (const text of taken) expect(apart.map(key), text).toContain(key(text))
})
