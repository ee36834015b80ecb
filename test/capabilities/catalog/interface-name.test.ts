import { expect, test } from 'vitest'

import { parseTrackedName, isSameInterface } from '../../../src/capabilities/catalog/interface-name.ts'

test.each([
  ['x:y/z@1.2.3', 'x:y/z', '1'],
  ['x:y/z@12.0.0', 'x:y/z', '12'],
  ['x:y/z@0.1.3', 'x:y/z', '0.1'],
  ['x:y/z@0.0.1', 'x:y/z', '0.0.1'],
  ['x:y/z@0.0.0', 'x:y/z', '0.0.0'],
  ['x:y/z@1.0.0-pre', 'x:y/z', '1.0.0-pre'],
  ['x:y/z@1.0.0-pre+b', 'x:y/z', '1.0.0-pre'],
  ['x:y/z@1.0.0+b', 'x:y/z', '1'],
  ['x:y/z@1', 'x:y/z', '1'],
  ['x:y/z@0.2', 'x:y/z', '0.2'],
  ['x:y/z', 'x:y/z', ''],
  ['x:y/z@1.2', 'x:y/z@1.2', ''],
  ['x:y/z@01.2.3', 'x:y/z@01.2.3', ''],
  ['x:y/z@0', 'x:y/z@0', ''],
  ['@1.2.3', '@1.2.3', ''],
  ['', '', ''],
])('parseInterfaceName splits %j', (text, name, track) => {
  expect(parseTrackedName(text)).toEqual({ name, track })
})

test('sameInterface matches a track, and a prerelease only exactly', () => {
  expect(isSameInterface('x:y/z@0.2', 'x:y/z@0.2.6')).toBe(true)
  expect(isSameInterface('x:y/z@0.2.6-rc.1', 'x:y/z@0.2.6')).toBe(false)
  expect(isSameInterface('x:y/z@0.2.6-rc.1', 'x:y/z@0.2.6-rc.1+a')).toBe(true)
  expect(isSameInterface('x:y/z@0.2.0', 'x:y/z@0.3.0')).toBe(false)
  expect(isSameInterface('x:y/z', 'x:y/z@1.0.0')).toBe(false)
})
