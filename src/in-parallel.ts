/** Maps in order, with at most `limit` pieces of work under way; the first that fails fails the whole. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    try {
      while (next < items.length) {
        const at = next++
        results[at] = await work(items[at]!)
      }
    } catch (error) {
      next = items.length
      throw error
    }
  }
  await Promise.all(Array.from({ length: limit }, worker))
  return results
}

/** Does all of it: a part that fails ends the others by the signal, and its error comes when none is under way any more. */
export async function allOrNone(
  signal: AbortSignal | undefined,
  begin: (signal: AbortSignal) => readonly Promise<unknown>[],
): Promise<void> {
  const failed = new AbortController()
  const parts = begin(signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]))
  try {
    await Promise.all(parts)
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(parts)
    throw error
  }
}

/** Lets at most `limit` pieces of work be under way, whoever brings them; the others wait for their turn in order. */
export function turnstile(limit: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = []
  let free = limit
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
