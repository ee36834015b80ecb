import type { Command } from 'commander'

import { openTrustedRootFile } from '../../delivery/files/trusted-root-file.ts'
import type { TrustedRootSource } from '../../signing/identity/trusted-root.ts'
import type { Context } from '../cli/command.ts'
import { exclusiveOptions } from './exclusive.ts'
import { addTufOptions, createTufReader, type TufFlags, type TufReader } from './tuf.ts'

export interface TrustedRootFlags extends TufFlags {
  readonly trustedRoot?: string
}

export const addTrustedRootOptions = (command: Command): Command =>
  addTufOptions(
    command.option(
      '--trusted-root <file>',
      'trusted_root.json with the certificate authorities, logs and timestamp authorities to trust',
    ),
  )

/** The trusted root of the flags; undefined if they name none. Throws USAGE if they name two. */
export function chooseTrustedRoot(
  flags: TrustedRootFlags,
  context: Context,
  tuf: TufReader = createTufReader(flags, context),
): TrustedRootSource | undefined {
  const { trustedRoot, tufMirror } = flags
  if (trustedRoot === undefined) return tufMirror === undefined ? undefined : readFromTuf(tuf)
  if (tufMirror !== undefined) throw exclusiveOptions('--trusted-root', '--tuf-mirror')
  return openTrustedRootFile(trustedRoot, context.signal)
}

/** The trusted root that a TUF repository distributes. */
export const readFromTuf = (tuf: TufReader): TrustedRootSource => ({
  name: tuf.name,
  read: () => tuf.read('trusted_root.json'),
})
