import { setImmediate } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { runForEachReference } from '../../../src/commands/cli/each-reference.ts'
import { WasmpackError } from '../../../src/errors.ts'
import type { Reporter } from '../../../src/ui/reporter.ts'

test('a run of several references that is ended begins no other, and waits for those under way to clear up', async () => {
  const silent = (): void => undefined
  const reporter: Reporter = {
    format: 'text',
    result: silent,
    notice: silent,
    warn: silent,
    debug: undefined,
    fail: silent,
    transfer: () => ({ advance: silent, end: silent }),
  }
  const ended = new AbortController()
  const { signal } = ended
  const reason = new WasmpackError('INTERRUPTED', 'interrupted')
  const [begun, cleared]: [string[], string[]] = [[], []]
  const texts = ['a', 'b', 'c', 'd', 'e', 'f']
  const run = runForEachReference(texts, { reporter, environment: {} as never, signal }, async (text) => {
    begun.push(text)
    // The later it began, the longer it takes.
    for (let turn = 0; turn <= texts.indexOf(text); turn++) await setImmediate()
    if (text === 'a') ended.abort(reason)
    cleared.push(text)
    throw reason
  })
  await expect(run).rejects.toBe(reason)
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
  expect(cleared).toEqual(begun)
})
