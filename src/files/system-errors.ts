import { dirname } from 'node:path'
import { getSystemErrorMap } from 'node:util'

import { WasmpackError } from '../errors.ts'
import { redactPath } from '../redacted.ts'

/** Whether an error comes from the operating system; with codes, whether it is one of them. */
export const isSystemError = (
  error: unknown,
  ...codes: readonly string[]
): error is NodeJS.ErrnoException => {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' && /^E[A-Z\d]+$/.test(code) && (codes.length === 0 || codes.includes(code))
}

interface Explanation {
  readonly reason: string
  readonly hint: string | ((path: string) => string)
}

const CHECK_PATH = 'check the path'
const CHECK_PERMISSIONS = 'check the permissions of the file and of its directory'
const FREE_SPACE = 'free some space, or choose another path, and run the same command again'
const OTHER_PATH = 'choose another path'

/** Reasons for both reading and writing. */
const EITHER: Readonly<Record<string, Explanation>> = {
  EISDIR: { reason: 'is a directory', hint: 'name a file in it' },
  ENAMETOOLONG: { reason: 'the name is too long', hint: 'choose a shorter one' },
  ELOOP: { reason: 'too many symbolic links', hint: 'check where the links lead: namei -l shows each' },
  EMFILE: { reason: 'too many open files', hint: 'raise the limit of the shell: ulimit -n 4096' },
}

const READING: Readonly<Record<string, Explanation>> = {
  ...EITHER,
  ENOENT: { reason: 'no such file or directory', hint: CHECK_PATH },
  ENOTDIR: { reason: 'not a directory', hint: CHECK_PATH },
  EACCES: { reason: 'permission denied', hint: CHECK_PERMISSIONS },
  EPERM: { reason: 'permission denied', hint: CHECK_PERMISSIONS },
  ENXIO: { reason: 'is a socket or a device, not a regular file', hint: 'name a regular file' },
}

const WRITING: Readonly<Record<string, Explanation>> = {
  ...EITHER,
  ENOENT: {
    reason: 'the directory does not exist',
    hint: (path) => `create the directory first: mkdir -p ${shellWord(dirname(path))}`,
  },
  ENOTDIR: { reason: 'not a directory', hint: OTHER_PATH },
  EACCES: { reason: 'permission denied', hint: CHECK_PERMISSIONS },
  EPERM: { reason: 'permission denied', hint: CHECK_PERMISSIONS },
  EROFS: { reason: 'read-only file system', hint: OTHER_PATH },
  ENOSPC: { reason: 'no space left on the disk', hint: FREE_SPACE },
  EDQUOT: { reason: 'disk quota exceeded', hint: FREE_SPACE },
  EFBIG: {
    reason: 'file too large',
    hint: 'raise the limit on file sizes (ulimit -f), or choose another path',
  },
  EEXIST: { reason: 'it already exists', hint: 'choose another path, or pass --force to overwrite it' },
  ENODEV: { reason: 'is a device, a pipe or a socket, which a file cannot replace', hint: OTHER_PATH },
}

const explain = (error: NodeJS.ErrnoException, known: Readonly<Record<string, Explanation>>): Explanation =>
  known[error.code!] ?? {
    reason: `${getSystemErrorMap().get(error.errno ?? 0)?.[1] ?? error.message} (${error.code})`,
    hint: 'check the disk, and run the same command again',
  }

/** Quotes a path for the shell, if it has special characters. */
const shellWord = (text: string): string =>
  /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

export interface FailureOptions {
  /** Replaces the hint of the reason. */
  readonly hint?: string | undefined
}

/**
 * FILE_NOT_FOUND or FILE_UNREADABLE, `cannot read WHAT PATH: REASON`, for an error of the system; returns any other error
 * unchanged. An empty path is USAGE. `what` names the purpose of the file.
 */
export function readFailure(
  what: string,
  path: string,
  error: unknown,
  options: FailureOptions = {},
): unknown {
  if (!isSystemError(error)) return error
  if (path === '')
    return new WasmpackError('USAGE', `the ${what} is given an empty name`, {
      cause: error,
      hint: 'give it a path; a variable may not be set',
    })
  const { reason, hint } = explain(error, READING)
  const code = isSystemError(error, 'ENOENT') ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE'
  return new WasmpackError(code, `cannot read ${what} ${redactPath(path)}: ${reason}`, {
    cause: error,
    hint: options.hint ?? (typeof hint === 'string' ? hint : hint(redactPath(path))),
  })
}

/** FILE_UNWRITABLE, `cannot write WHAT PATH: REASON`, for an error of the system; returns any other error unchanged. */
export function writeFailure(
  what: string,
  path: string,
  error: unknown,
  options: FailureOptions = {},
): unknown {
  if (!isSystemError(error)) return error
  const { reason, hint } = explain(error, WRITING)
  return new WasmpackError('FILE_UNWRITABLE', `cannot write ${what} ${redactPath(path)}: ${reason}`, {
    cause: error,
    hint: options.hint ?? (typeof hint === 'string' ? hint : hint(redactPath(path))),
  })
}
