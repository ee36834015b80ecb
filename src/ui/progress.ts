import type { Ora } from 'ora'

import type { Transfer } from './reporter.ts'

const MIN_SIZE = 1024 * 1024

/** A spinner with the bytes transferred; transfers below 1 MiB are too short to show. */
export function showTransfer(stream: NodeJS.WriteStream, label: string, total: number): Transfer {
  let done = 0
  let ended = total < MIN_SIZE
  let spinner: Ora | undefined
  const text = (): string => `${label}  ${formatSize(done)} of ${formatSize(total)}`
  if (!ended)
    void import('ora').then(({ default: ora }) => {
      if (!ended) spinner = ora({ text: text(), stream, discardStdin: false }).start()
      return undefined
    })
  return {
    advance: (bytes) => {
      done += bytes
      if (spinner) spinner.text = text()
    },
    end: () => {
      ended = true
      spinner?.stop()
    },
  }
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Formats a number of bytes: `512 B`, `2.6 MiB`. */
export function formatSize(bytes: number): string {
  let size = bytes
  let unit = 0
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024
    unit++
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`
}
