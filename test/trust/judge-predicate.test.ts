import { expect, test } from 'vitest'

import { findPredicateFault } from '../../src/trust/judge-predicate.ts'

const PREDICATE = JSON.parse(
  '{"builder":{"id":"https://ci.example/runner/7"},"a/b":{"m~n":"x"},"list":["zero",{"":1}],"reproducible":true,"n":9007199254740993,"none":null,"__proto__":{"evil":"yes"}}',
) as unknown

test.each([
  ['/builder/id', 'https://ci.example/runner/*'],
  ['/a~1b/m~0n', 'x'],
  ['/list/0', 'z*'],
  ['/list/1/', '1'],
  ['/reproducible', 'true'],
])('the predicate states at %s what matches %s', (at, is) => {
  expect(findPredicateFault(PREDICATE, [{ at, is }])).toBeUndefined()
})

test.each([
  ['/builder/id', 'https://ci.example/*', 'states "https://ci.example/runner/7" at /builder/id'],
  ['/builder/id', 'HTTPS://CI.example/runner/7', 'states "https://ci.example/runner/7" at'],
  ['/builder', '*', 'states an object at /builder'],
  ['/list', '*', 'states a list at /list'],
  ['/list/2', '*', 'states nothing at /list/2'],
  ['/list/00', '*', 'states nothing at'],
  ['/list/-', '*', 'states nothing at'],
  ['/list/length', '*', 'states nothing at'],
  ['/builder/id/length', '*', 'states nothing at'],
  ['/none', '*', 'states null at /none'],
  ['/n', '*', 'states 9007199254740992 at /n'],
  ['/constructor/name', 'Object', 'states nothing at /constructor/name'],
  ['/builder/__proto__/constructor/name', 'Object', 'states nothing at'],
])('the predicate does not state at %s what matches %s', (at, is, reason) => {
  expect(findPredicateFault(PREDICATE, [{ at, is }])).toContain(reason)
})

test('every condition must hold', () => {
  const holds = { at: '/reproducible', is: 'true' }
  expect(findPredicateFault(PREDICATE, [holds, { at: '/list/0', is: 'one' }])).toContain('/list/0')
})
