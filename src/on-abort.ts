const callbacks = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal is aborted; returns a function that withdraws that. A signal that many requests share gets one
 * listener, since Node warns about more than ten.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined
  let waiting = callbacks.get(signal)
  if (waiting === undefined) {
    const all = (waiting = new Set())
    callbacks.set(signal, all)
    signal.addEventListener('abort', () => all.forEach((call) => call()), { once: true })
  }
  const own = (): void => callback()
  waiting.add(own)
  return () => void waiting.delete(own)
}
