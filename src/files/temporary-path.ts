import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { writeFailure } from './system-errors.ts'

/** A path in the directory of temporary files that nobody can guess. */
export const createTemporaryPath = (extension = ''): string =>
  join(tmpdir(), `wasmpack-${randomBytes(8).toString('hex')}${extension}`)

/** FILE_UNWRITABLE for an error of the system: a user chooses the directory, not the path. */
export const temporaryFailure = (path: string, error: unknown): unknown =>
  writeFailure('temporary file', path, error, {
    hint: 'set TMPDIR to a directory that can be written to and has the space',
  })
