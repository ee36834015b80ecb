import type { Command } from 'commander'

import { createOutputFile, isStdout, writeOutputFile } from '../../delivery/files/output-file.ts'
import { WasmpackError } from '../../errors.ts'
import type { Digest } from '../../oci/digest.ts'
import type { OutputFlags } from '../cli/command.ts'
import { createPathParser } from './path.ts'

export interface DigestFileFlags extends OutputFlags {
  readonly digestFile?: string
}

export const addDigestFileOption = (command: Command): Command =>
  command.option(
    '--digest-file <file>',
    'write the digest to this file, - for stdout, which then gets nothing else',
    createPathParser('--digest-file'),
  )

/** Where the digest goes besides the result. */
export interface DigestFile {
  /** Whether stdout gets the digest, and nothing else. */
  readonly isStdout: boolean
  /** Throws FILE_UNWRITABLE, before anything is sent. */
  probe(): Promise<void>
  write(digest: Digest): Promise<void>
}

const WHAT = 'digest file'

/** Throws USAGE if two outputs are to go to stdout. */
export async function readDigestFile({ digestFile: path, format }: DigestFileFlags): Promise<DigestFile> {
  const toStdout = path !== undefined && (await isStdout(path))
  if (toStdout && format === 'json')
    throw new WasmpackError('USAGE', `--digest-file ${path} and --format json both write to stdout`, {
      hint: 'omit --digest-file: the JSON has the digest',
    })
  if (path === undefined || toStdout)
    return { isStdout: toStdout, probe: async () => undefined, write: async () => undefined }
  return {
    isStdout: false,
    probe: async () => (await createOutputFile(path, { what: WHAT })).discard(),
    write: (digest) => writeOutputFile(path, `${digest}\n`, { what: WHAT }),
  }
}
