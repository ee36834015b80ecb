import { readSmallFile } from '../../files/read-text-file.ts'
import type { TrustedRootSource } from '../../signing/identity/trusted-root.ts'

/** A trusted root in a file. */
export const openTrustedRootFile = (path: string, signal?: AbortSignal): TrustedRootSource => ({
  name: path,
  read: () => readSmallFile(path, { what: 'trusted root', refusal: 'TRUSTED_ROOT_INVALID', signal }),
})
