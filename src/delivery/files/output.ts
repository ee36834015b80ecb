import type { AtomicFile } from '../../files/atomic-file.ts'
import { createBufferedStdout } from './buffered-stdout.ts'
import { createFileInDirectory, createOutputFile } from './output-file.ts'

/**
 * Where a pulled module goes: a file, whose directory is made on demand, or with `-` standard output, which gets its first
 * byte only on commit. Throws FILE_UNWRITABLE.
 */
export async function createOutput(path: string, { inDirectory = false } = {}): Promise<AtomicFile> {
  if (path === '-') return createBufferedStdout()
  return inDirectory ? createFileInDirectory(path, 'module') : createOutputFile(path, { what: 'module' })
}
