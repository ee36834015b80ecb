import type { Command } from 'commander'

import { readSmallFile } from '../../files/read-text-file.ts'
import type { TrustedRootSource } from '../../signing/identity/trusted-root.ts'

export interface TrustedRootFlags {
  readonly trustedRoot?: string
}

export const addTrustedRootOption = (command: Command): Command =>
  command.option(
    '--trusted-root <file>',
    'trusted_root.json with the certificate authorities, logs and timestamp authorities to trust',
  )

/** The trusted root of the flags; undefined if they name none. */
export const chooseTrustedRoot = (
  { trustedRoot }: TrustedRootFlags,
  signal: AbortSignal,
): TrustedRootSource | undefined =>
  trustedRoot === undefined
    ? undefined
    : {
        name: trustedRoot,
        read: () =>
          readSmallFile(trustedRoot, {
            what: 'trusted root',
            refusal: 'TRUSTED_ROOT_INVALID',
            signal,
          }),
      }
