import { WasmpackError } from '../../errors.ts'

/** A signal that also aborts, with UNAVAILABLE, after so many milliseconds. */
export function limitTime(signal: AbortSignal, milliseconds: number): AbortSignal {
  const over = new AbortController()
  const seconds = milliseconds / 1000
  const timer = setTimeout(() => {
    over.abort(
      new WasmpackError('UNAVAILABLE', `timed out after ${seconds} s (--timeout)`, {
        hint: 'run the same command again with a longer --timeout; --debug shows what takes the time',
      }),
    )
  }, milliseconds)
  timer.unref()
  return AbortSignal.any([signal, over.signal])
}
