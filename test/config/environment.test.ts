import { expect, test } from 'vitest'

import { readEnvironment } from '../../src/config/environment.ts'

test('readEnvironment takes COSIGN_PASSWORD as it is, also an empty one', () => {
  expect(readEnvironment({}).keyPassword).toBeUndefined()
  expect(readEnvironment({ COSIGN_PASSWORD: '' }).keyPassword).toBe('')
})

test('readEnvironment gives SOURCE_DATE_EPOCH as a time, and an empty one as absent', () => {
  const read = (value: string): string | undefined =>
    readEnvironment({ SOURCE_DATE_EPOCH: value }).readCreated()
  expect(read('1700000000')).toBe('2023-11-14T22:13:20Z')
  expect(read('')).toBeUndefined()
})

test.each(['-1', '1.5', 'now', '999999999999', ' 1', '0x10'])(
  'SOURCE_DATE_EPOCH=%j is malformed, which is an error',
  (value) => {
    const { readCreated } = readEnvironment({ SOURCE_DATE_EPOCH: value })
    expect(readCreated).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(`SOURCE_DATE_EPOCH "${value}"`),
      }),
    )
  },
)

test('readEnvironment colours a terminal, nothing with NO_COLOR that is not empty, and leaves FORCE_COLOR to decide', () => {
  expect(readEnvironment({}).colors).toBe('terminal')
  expect(readEnvironment({ NO_COLOR: '' }).colors).toBe('terminal')
  expect(readEnvironment({ NO_COLOR: '1' }).colors).toBe('never')
  expect(readEnvironment({ FORCE_COLOR: '0' }).colors).toBe('forced')
  expect(readEnvironment({ NO_COLOR: '1', FORCE_COLOR: '1' }).colors).toBe('forced')
})
