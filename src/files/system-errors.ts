import { WasmpackError } from '../errors.ts'

const codeOf = (cause: unknown): string | undefined => (cause as NodeJS.ErrnoException | undefined)?.code

/** What went wrong with a local file that was to be read, as a user sees it; `what` says what the file is for. */
export function readFailure(path: string, what: string, cause: unknown): WasmpackError {
  if (path === '')
    return new WasmpackError('USAGE', `the ${what} is given an empty name`, {
      cause,
      hint: 'give it a path; a variable may not be set',
    })
  const code = codeOf(cause)
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new WasmpackError('FILE_NOT_FOUND', `${what} ${path} does not exist`, {
      cause,
      hint: 'check the path',
    })
  const reason =
    code === 'EISDIR'
      ? 'is a directory'
      : code === 'EACCES' || code === 'EPERM'
        ? 'may not be read'
        : `cannot be read (${code})`
  return new WasmpackError('FILE_UNREADABLE', `${what} ${path} ${reason}`, {
    cause,
    hint: code === 'EISDIR' ? 'name a file in it' : 'check the permissions of the file and of its directory',
  })
}

const WRITE_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EFBIG: 'it would be larger than a file may be here',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'its directory may not be written to',
  EPERM: 'its directory may not be written to',
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  ENODEV: 'it is a device or a pipe, which a file cannot replace',
  ENAMETOOLONG: 'its name is too long',
  EEXIST: 'it exists already',
}

/** What went wrong with a local file that was to be written; nothing is left of it. */
export function writeFailure(path: string, cause: unknown): WasmpackError {
  const code = codeOf(cause)
  return new WasmpackError(
    'FILE_UNWRITABLE',
    `${path} cannot be written: ${WRITE_REASONS[code ?? ''] ?? code}`,
    {
      cause,
      hint:
        code === 'EEXIST'
          ? 'give another path, or --force to overwrite it'
          : 'nothing of it was left behind; choose another path or make room, and run the same command again',
    },
  )
}
