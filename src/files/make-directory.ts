import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code

/**
 * Creates a directory and its missing parents, with `mode`. Does not use mkdir's own recursion, which never ends if the system refuses
 * a directory with ENOENT, as in /proc. Throws the system's error.
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  const make = (): Promise<unknown> =>
    mkdir(path, mode).catch((error) => (isCode(error, 'EEXIST') ? undefined : Promise.reject(error)))
  try {
    await make()
  } catch (error) {
    if (!isCode(error, 'ENOENT') || dirname(path) === path) throw error
    await makeDirectory(dirname(path), mode)
    await make()
  }
}
