import { getEventListeners } from 'node:events'

import { expect, it } from 'vitest'

import { onAbort } from '../src/on-abort.ts'

it('onAbort puts one listener on a signal, however many wait for it', () => {
  const controller = new AbortController()
  const called: number[] = []
  const withdrawals = Array.from({ length: 50 }, (_, at) => onAbort(controller.signal, () => called.push(at)))
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
  for (const withdraw of withdrawals.slice(2)) withdraw()
  controller.abort()
  expect(called).toEqual([0, 1])
})

it('onAbort keeps callers apart that share a function', () => {
  const controller = new AbortController()
  let calls = 0
  const count = (): void => void calls++
  onAbort(controller.signal, count)()
  onAbort(controller.signal, count)
  controller.abort()
  expect(calls).toBe(1)
})
