import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, Target } from '../oci/target.ts'
import type { Signing } from '../signing/signing.ts'
import type { AttachOptions, AttachResult } from './attach.ts'
import { signArtifact } from './sign.ts'
import { signLegacy } from './sign-legacy.ts'

/** Where an artifact was signed, in each of the formats. */
export interface Signatures {
  readonly signature?: AttachResult
  readonly legacySignature?: AttachResult
}

/** Signs an artifact in each of the formats, unless the same signer has done so before. The artifact must be in the target. */
export async function signInFormats(
  target: Target,
  subject: Manifest | Index,
  { signer, witnesses, format = 'bundle' }: Signing,
  options: Omit<AttachOptions, 'witnesses'>,
  operation: Operation,
): Promise<Signatures> {
  const full = { ...options, witnesses }
  return {
    ...(format !== 'legacy' && { signature: await signArtifact(target, subject, signer, full, operation) }),
    ...(format !== 'bundle' && {
      legacySignature: await signLegacy(target, subject, signer, full, operation),
    }),
  }
}
