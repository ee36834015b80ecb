import { setTimeout as pause } from 'node:timers/promises'

import { onTestFinished, vi } from 'vitest'

/** In milliseconds, for each turn of the event loop in which stopped time goes by: what is under way arrives meanwhile. */
const PACE = 25

/** Stops the timers of this process until the test ends: however slow the machine is, nothing times out. */
export function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
}

/** Lets stopped time go by until something that waits for a timeout is settled. */
export function passTime<T>(waiting: Promise<T>): Promise<T> {
  return waiting.finally(passTimeWhile(() => true))
}

/** Stops time but while a request to the registry stalls: then it goes by. Ends with the test, or when the result is called. */
export function hurryStalls(registry: { readonly stalled: number }): () => void {
  stopTime()
  const stop = passTimeWhile(() => registry.stalled > 0)
  const end = (): void => {
    stop()
    vi.useRealTimers()
  }
  onTestFinished(end)
  return end
}

/** Looks in every turn of the event loop whether time goes by in it, until the result is called. */
function passTimeWhile(isWaiting: () => boolean): () => void {
  const turn = (): NodeJS.Immediate =>
    setImmediate(() => {
      if (isWaiting()) vi.advanceTimersByTime(PACE)
      next = turn()
    })
  let next = turn()
  return () => clearImmediate(next)
}

/** Waits for something that another process or connection brings about, however long that takes: the test's own timeout ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(5)
}
