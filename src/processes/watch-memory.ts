import { readFileSync } from 'node:fs'

/** In milliseconds: a process fills some 50 MiB meanwhile, or 500 MiB where `ps` has to be asked. */
const PAUSE = process.platform === 'linux' ? 10 : 100

/**
 * Calls `exceeded` once a process holds more than `limit` bytes of memory, swapped ones included; returns what ends the watch.
 * Windows has no program to ask.
 */
export function watchMemory(pid: number, limit: number, exceeded: () => void): () => void {
  let asking = false
  const look = async (): Promise<void> => {
    if (asking) return
    asking = true
    const size = process.platform === 'linux' ? readStatus(pid) : await askSystem(pid)
    asking = false
    if (size === undefined || size <= limit) return
    clearInterval(timer)
    exceeded()
  }
  const timer = setInterval(() => void look(), PAUSE)
  return () => clearInterval(timer)
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html; undefined for a process that has ended. */
function readStatus(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const sizes = [...status.matchAll(/^Vm(?:RSS|Swap):\s+(\d+) kB$/gm)].map(([, size]) => Number(size))
    return sizes.reduce((sum, size) => sum + size * 1024, 0)
  } catch {
    return undefined
  }
}

async function askSystem(pid: number): Promise<number | undefined> {
  const { execFile } = await import('node:child_process')
  return await new Promise((resolve) => {
    execFile('/bin/ps', ['-o', 'rss=', '-p', String(pid)], { timeout: 1000, env: {} }, (error, output) =>
      resolve(error === null && /^\s*\d+\s*$/.test(output) ? Number(output) * 1024 : undefined),
    )
  })
}
