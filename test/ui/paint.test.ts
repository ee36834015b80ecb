import { expect, test } from 'vitest'

import { loadPaint, plain } from '../../src/ui/paint.ts'

test.each([
  ['never', true, true],
  ['terminal', false, true],
  ['terminal', true, false],
  ['forced', false, false],
] as const)('colours %s on a stream with isTTY %s: plain is %s', async (colors, isTTY, isPlain) => {
  expect((await loadPaint(colors, { isTTY })) === plain).toBe(isPlain)
})
