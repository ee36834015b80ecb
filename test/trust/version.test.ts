import { expect, test } from 'vitest'

import { compareVersions, VERSION } from '../../src/trust/version.ts'

test('P6: versions are compared number by number, and a pre-release is lower than its release', () => {
  const ascending = [
    '0.9.0',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.9',
    '1.10',
    '1.10.1',
    '2.0.0',
  ]
  for (const [at, one] of ascending.entries())
    for (const [otherAt, other] of ascending.entries())
      expect([one, other, Math.sign(compareVersions(one, other))]).toEqual([
        one,
        other,
        Math.sign(at - otherAt),
      ])
  expect(compareVersions('1.2', '1.2.0')).toBe(0)
  expect(compareVersions('1.2.3+a', '1.2.3+b')).toBe(0)
})

test.each(['', '1', 'v1.2.3', '1.2.3.4', '01.2.3', '1.2.x', 'latest', '1.2.3-', ' 1.2.3'])(
  'P6: %j is no version',
  (text) => {
    expect(new RegExp(VERSION.pattern, 'u').test(text)).toBe(false)
  },
)
