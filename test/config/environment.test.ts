import { expect, test } from 'vitest'

import { readEnvironment } from '../../src/config/environment.ts'

test('readEnvironment takes COSIGN_PASSWORD as it is, also an empty one', () => {
  expect(readEnvironment({}).keyPassword).toBeUndefined()
  expect(readEnvironment({ COSIGN_PASSWORD: '' }).keyPassword).toBe('')
})

test('readEnvironment gives SOURCE_DATE_EPOCH as a time, and ill-formed ones as absent', () => {
  expect(readEnvironment({ SOURCE_DATE_EPOCH: '1700000000' }).created).toBe('2023-11-14T22:13:20Z')
  for (const value of ['', '-1', '1.5', 'now', '999999999999'])
    expect(readEnvironment({ SOURCE_DATE_EPOCH: value }).created).toBeUndefined()
})

test('readEnvironment colours a terminal, nothing with NO_COLOR that is not empty, and leaves FORCE_COLOR to decide', () => {
  expect(readEnvironment({}).colors).toBe('terminal')
  expect(readEnvironment({ NO_COLOR: '' }).colors).toBe('terminal')
  expect(readEnvironment({ NO_COLOR: '1' }).colors).toBe('never')
  expect(readEnvironment({ FORCE_COLOR: '0' }).colors).toBe('forced')
  expect(readEnvironment({ NO_COLOR: '1', FORCE_COLOR: '1' }).colors).toBe('forced')
})
