import { WasmpackError } from '../errors.ts'
import { readPublicKey } from '../signing/public-key.ts'
import { createVerifier, type Verifier } from '../signing/verifier.ts'
import { readPemFile } from './files/text-file.ts'

/** Who must have signed the artifacts of each repository. */
export interface Trust {
  /** The verifier for a repository, `host[:port]/name`, or undefined if it is unknown. Throws TRUST_REQUIRED if there is none. */
  of(repository: string | undefined): Verifier
}

/** Trust that the user may waive: signatures are then `ignored`. */
export interface OptionalTrust {
  of(repository: string | undefined): Verifier | 'ignored'
}

export const IGNORED_TRUST: OptionalTrust = { of: () => 'ignored' }

/**
 * Trusts the holders of public keys, in every repository. Without a key nobody is trusted, which is an error as soon as a
 * verifier is asked for; `alternative` continues its hint. Throws FILE_NOT_FOUND, FILE_UNREADABLE and KEY_INVALID.
 */
export async function readTrust(keyFiles: readonly string[], alternative = ''): Promise<Trust> {
  const keys = await Promise.all(
    keyFiles.map(async (file) => readPublicKey(await readPemFile(file, 'public key'), `public key ${file}`)),
  )
  if (keys.length === 0)
    return {
      of() {
        throw new WasmpackError('TRUST_REQUIRED', 'no public key to verify the signature with', {
          hint: `pass --key cosign.pub${alternative}`,
        })
      },
    }
  const verifier = createVerifier({ kind: 'keys', keys })
  return { of: () => verifier }
}
