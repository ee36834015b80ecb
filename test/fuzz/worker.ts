import { parentPort, workerData } from 'node:worker_threads'

import { type Range, run } from './run.ts'

/** `current` tells the watchdog which mutant is being exercised, even if it never ends. */
const { range, current } = workerData as { readonly range: Range; readonly current: Int32Array }

const summary = await run(range, (number) => Atomics.store(current, 0, number))
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origins: this is no window
parentPort!.postMessage(summary)
