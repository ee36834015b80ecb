import { readFile, stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'

import { findSubject, IN_TOTO_PAYLOAD, parseStatement } from '../../src/attestations/statement.ts'
import { computeDigest, type Digest, parseDigest } from '../../src/oci/digest.ts'
import { equalName } from '../../src/signing/identity/name-matcher.ts'
import { readPublicKey } from '../../src/signing/public-key.ts'
import type { SignatureRequirement } from '../../src/signing/requirement.ts'
import { createVerifier, type Verifier } from '../../src/signing/verifier.ts'
import { toDigestContent } from './digest-content.ts'
import { readRoot, type RootOptions } from './trusted-root.ts'

const VERIFY_OPTIONS = {
  staging: { type: 'boolean' },
  bundle: { type: 'string' },
  'certificate-identity': { type: 'string' },
  'certificate-oidc-issuer': { type: 'string' },
  key: { type: 'string' },
  'trusted-root': { type: 'string' },
} as const

/** Why the bundle does not verify for the artifact; undefined if it does. */
export async function verifyBundle(args: readonly string[], captures: string): Promise<string | undefined> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: VERIFY_OPTIONS,
    allowPositionals: true,
  })
  const [artifact, ...rest] = positionals
  if (artifact === undefined || rest.length > 0 || values.bundle === undefined)
    throw new Error('expected: verify-bundle --bundle FILE … FILE_OR_DIGEST')
  const verifier = createVerifier(await readRequirement(values, captures))
  const bundle = await readFile(values.bundle)
  const message = await readArtifact(artifact)
  return isEnvelope(bundle)
    ? verifyStatement(verifier, bundle, typeof message === 'string' ? message : computeDigest(message))
    : verifyMessage(verifier, bundle, message)
}

interface Values extends RootOptions {
  readonly 'certificate-identity'?: string
  readonly 'certificate-oidc-issuer'?: string
  readonly key?: string
}

async function readRequirement(values: Values, captures: string): Promise<SignatureRequirement> {
  const evidence = { root: await readRoot(values, captures) }
  if (values.key !== undefined)
    return { kind: 'keys', keys: [readPublicKey(await readFile(values.key, 'utf8'))], evidence }
  const { 'certificate-identity': subject, 'certificate-oidc-issuer': issuer } = values
  if (subject === undefined || issuer === undefined)
    throw new Error('expected --key, or --certificate-identity and --certificate-oidc-issuer')
  return { kind: 'identity', subject: equalName(subject), issuer: equalName(issuer), evidence }
}

/** The bytes of a file, or the digest of an artifact that is not at hand. */
async function readArtifact(argument: string): Promise<Uint8Array | Digest> {
  const isFile = await stat(argument).then(
    () => true,
    () => false,
  )
  return !isFile && /^sha256:[0-9a-f]{64}$/.test(argument) ? parseDigest(argument) : readFile(argument)
}

const isEnvelope = (bundle: Buffer): boolean => {
  try {
    return 'dsseEnvelope' in JSON.parse(bundle.toString('utf8'))
  } catch {
    return false
  }
}

async function verifyStatement(
  verifier: Verifier,
  bundle: Uint8Array,
  artifact: Digest,
): Promise<string | undefined> {
  const verdict = await verifier.verify(bundle)
  if (verdict.kind === 'rejected') return verdict.reason
  if (verdict.envelope.payloadType !== IN_TOTO_PAYLOAD) return 'does not sign an in-toto statement'
  const statement = parseStatement(verdict.envelope.payload)
  return findSubject(statement, artifact) === undefined ? 'signed for another artifact' : undefined
}

async function verifyMessage(
  verifier: Verifier,
  bundle: Uint8Array,
  message: Uint8Array | Digest,
): Promise<string | undefined> {
  const verdict = await verifier.verifyMessage(
    bundle,
    typeof message === 'string' ? (signature) => toDigestContent(message, signature) : message,
  )
  return verdict.kind === 'rejected' ? verdict.reason : undefined
}
