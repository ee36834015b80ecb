import { expect, it } from 'vitest'

import { parseChallenges } from '../../../src/oci/registry/challenge.ts'

it.each([
  [
    'Bearer realm="https://a/token",service="r",scope="repository:x:pull,push"',
    [['bearer', { realm: 'https://a/token', service: 'r', scope: 'repository:x:pull,push' }]],
  ],
  ['basic realm=zot', [['basic', { realm: 'zot' }]]],
  [
    'Basic realm="a, b", Bearer realm="https://a",service="c\\"d"',
    [
      ['basic', { realm: 'a, b' }],
      ['bearer', { realm: 'https://a', service: 'c"d' }],
    ],
  ],
  ['BEARER Realm = "https://a" , Service=b', [['bearer', { realm: 'https://a', service: 'b' }]]],
  [
    'Negotiate, Basic realm="x"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  ['', []],
  [undefined, []],
  ['realm="x"', []],
  ['Bearer realm="unterminated', [['bearer', { realm: 'unterminated' }]]],
  [';;;"""', []],
])('parseChallenges reads %s', (header, expected) => {
  const found = parseChallenges(header).map(({ scheme, parameters }) => [
    scheme,
    Object.fromEntries(parameters),
  ])
  expect(found).toEqual(expected)
})

it('parseChallenges ends quickly on a long header', () => {
  expect(parseChallenges('Bearer '.repeat(100_000)).length).toBeLessThan(2000)
})
