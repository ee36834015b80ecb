import { setImmediate } from 'node:timers/promises'

import { expect, it } from 'vitest'

import { allOrNone, inParallel, turnstile } from '../src/in-parallel.ts'

it('inParallel maps in order with no more under way than the limit', async () => {
  let underWay = 0
  let most = 0
  const results = await inParallel([3, 1, 2, 0, 5], 2, async (turns) => {
    most = Math.max(most, ++underWay)
    for (let turn = 0; turn < turns; turn++) await setImmediate()
    underWay--
    return turns * 10
  })
  expect(results).toEqual([30, 10, 20, 0, 50])
  expect(most).toBe(2)
})

it('inParallel begins nothing more once something failed', async () => {
  const begun: number[] = []
  const work = async (item: number): Promise<void> => {
    begun.push(item)
    await setImmediate()
    if (item === 1) throw new Error('failed')
  }
  await expect(inParallel([1, 2, 3, 4, 5, 6], 2, work)).rejects.toThrow('failed')
  await setImmediate()
  expect(begun).toEqual([1, 2])
})

it('turnstile lets as many through as the limit, in order, and goes on behind one that fails', async () => {
  const inTurn = turnstile(2)
  const begun: number[] = []
  let underWay = 0
  let most = 0
  const outcomes = await Promise.allSettled(
    [1, 2, 3, 4, 5].map((item) =>
      inTurn(async () => {
        begun.push(item)
        most = Math.max(most, ++underWay)
        await setImmediate()
        underWay--
        if (item === 2) throw new Error('failed')
        return item
      }),
    ),
  )
  expect(begun).toEqual([1, 2, 3, 4, 5])
  expect(most).toBe(2)
  expect(outcomes.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1)
})

it('allOrNone ends with the first error, when the rest has heard of it and is done', async () => {
  const failure = new Error('failed')
  let done = false
  const rest = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', async () => {
        await setImmediate()
        done = signal.reason === failure
        resolve()
      })
    })
  const all = allOrNone(undefined, (signal) => [rest(signal), Promise.reject(failure)])
  await expect(all).rejects.toBe(failure)
  expect(done).toBe(true)
})

it('allOrNone hands on the signal that it was given', async () => {
  const outer = new AbortController()
  outer.abort(new Error('enough'))
  const part = async (signal: AbortSignal): Promise<void> => signal.throwIfAborted()
  await expect(allOrNone(outer.signal, (signal) => [part(signal)])).rejects.toThrow('enough')
})
