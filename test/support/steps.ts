import { Session } from 'node:inspector/promises'

import { vi } from 'vitest'

/**
 * Counts what runs of a module in `work`: each call of a function, each turn of a loop, each branch. Unlike time it is the same
 * on every machine. The module is loaded anew with what it imports, since V8 counts only what it compiles from then on.
 * Only scripts of `src` are counted: the test runner works between the two looks.
 */
export async function countSteps<M>(load: () => Promise<M>, work: (module: M) => unknown): Promise<number> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    vi.resetModules()
    const module = await load()
    await session.post('Profiler.takePreciseCoverage')
    work(module)
    const { result } = await session.post('Profiler.takePreciseCoverage')
    return result
      .filter(({ url }) => url.includes('/src/'))
      .flatMap(({ functions }) => functions)
      .flatMap(({ ranges }) => ranges)
      .reduce((sum, { count }) => sum + count, 0)
  } finally {
    session.disconnect()
  }
}
