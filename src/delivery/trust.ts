import { WasmpackError } from '../errors.ts'
import type { EvidenceRequirement } from '../signing/identity/evidence.ts'
import type { NameMatcher } from '../signing/identity/name-matcher.ts'
import type { TrustedRootSource } from '../signing/identity/trusted-root.ts'
import { parseKeyUri } from '../signing/kms/key-uri.ts'
import { readPublicKey, type VerificationKey } from '../signing/public-key.ts'
import type { SignatureRequirement } from '../signing/requirement.ts'
import { createVerifier, type RequirementVerifier, type Verifier } from '../signing/verifier.ts'
import { readPemFile } from './files/text-file.ts'

/** Who must have signed the artifacts of each repository. */
export interface Trust {
  /** The verifier for a repository, `host[:port]/name`, or undefined if it is unknown. Throws TRUST_REQUIRED if there is none. */
  of(repository: string | undefined): RequirementVerifier
  /** Whether it names anybody. */
  readonly isGiven: boolean
}

/** Trust that the user may waive: signatures are then `ignored`. */
export interface OptionalTrust {
  of(repository: string | undefined): Verifier | 'ignored'
  /** Undefined if the user waived it. */
  readonly isGiven: boolean | undefined
}

export const IGNORED_TRUST: OptionalTrust = { of: () => 'ignored', isGiven: undefined }

/** Who is trusted, and by what evidence. */
export interface TrustOptions {
  /** Public keys, each a file or in a KMS (`NAME://ID`): a signature by any of them suffices. */
  readonly keys?: readonly string[]
  /** Excludes keys. */
  readonly identity?: { readonly subject: NameMatcher; readonly issuer: NameMatcher }
  /** The services whose word counts. An identity needs one; without one, what services say of a key's signature is not looked at. */
  readonly trustedRoot?: TrustedRootSource
  readonly ignoreLog?: boolean
  readonly ignoreCertificateLog?: boolean
  /** The option that keys are given with, for hints; `--key` by default. */
  readonly keyFlag?: string
  /** Continues the hint of TRUST_REQUIRED. */
  readonly alternative?: string
  readonly signal?: AbortSignal
}

/**
 * Trusts the holders of public keys or an identity, in every repository. Without either nobody is trusted, which is an error as
 * soon as a verifier is asked for. Throws FILE_NOT_FOUND, FILE_UNREADABLE, KEY_INVALID, KMS_FAILED, TRUSTED_ROOT_INVALID, and what
 * the source of the trusted root throws.
 */
export async function readTrust(options: TrustOptions): Promise<Trust> {
  const requirement = await readRequirement(options)
  if (requirement === undefined)
    return {
      isGiven: false,
      of() {
        throw new WasmpackError('TRUST_REQUIRED', 'no public key or identity to verify the signature with', {
          hint: `pass ${options.keyFlag ?? '--key'} cosign.pub, or --certificate-identity and --certificate-oidc-issuer${options.alternative ?? ''}`,
        })
      },
    }
  const verifier = createVerifier(requirement)
  return { of: () => verifier, isGiven: true }
}

async function readRequirement({
  keys: named = [],
  identity,
  trustedRoot,
  signal,
  ...ignored
}: TrustOptions): Promise<SignatureRequirement | undefined> {
  const keys = await Promise.all(named.map((key) => readNamedKey(key, signal)))
  const evidence = trustedRoot && (await readEvidence(trustedRoot, ignored))
  if (identity === undefined)
    return keys.length === 0 ? undefined : { kind: 'keys', keys, ...(evidence && { evidence }) }
  if (evidence !== undefined) return { kind: 'identity', ...identity, evidence }
  throw new WasmpackError('TRUST_REQUIRED', 'no trusted root to verify the identity with', {
    hint: 'pass --trusted-root trusted_root.json',
  })
}

async function readNamedKey(key: string, signal: AbortSignal | undefined): Promise<VerificationKey> {
  const uri = parseKeyUri(key)
  if (uri === undefined) return readKey(key)
  const { readKmsKey } = await import('../signing/kms/kms-key.ts')
  return readKmsKey(uri, { signal })
}

/** A public key in a file. */
export const readKey = async (file: string): Promise<VerificationKey> =>
  readPublicKey(await readPemFile(file, 'public key'), `public key ${file}`)

export async function readEvidence(
  source: TrustedRootSource,
  {
    ignoreLog = false,
    ignoreCertificateLog = false,
  }: Pick<TrustOptions, 'ignoreLog' | 'ignoreCertificateLog'>,
): Promise<EvidenceRequirement> {
  const { parseTrustedRoot } = await import('../signing/identity/verification.ts')
  return { root: parseTrustedRoot(await source.read(), source.name), ignoreLog, ignoreCertificateLog }
}
