import { dirname, resolve } from 'node:path'

import { matchesGlob } from '../documents/glob.ts'
import type { Operation } from '../oci/target.ts'
import type { SignatureRequirement } from '../signing/requirement.ts'
import { addCondition, createVerifier, type Verifier } from '../signing/verifier.ts'
import { findSignatureFault } from '../trust/judge-signature.ts'
import type { SignerParts, SignerRule, TimeConditions } from '../trust/signers.ts'
import { openTrustedRootFile } from './files/trusted-root-file.ts'
import { readEvidence, readKey } from './trust.ts'

/** The signers that a policy names, and its file, which theirs are relative to. */
export interface PlacedSigners {
  readonly file: string
  readonly parts: SignerParts
}

interface Conditions {
  readonly times?: TimeConditions
  /** The time of the check. */
  readonly now: Date
}

/** A verifier for each signer of a role. Throws what a key or a root that cannot be read does. */
export const createRoleVerifiers = (
  placed: PlacedSigners,
  role: string,
  conditions: Conditions,
  operation: Operation,
): Promise<readonly Verifier[]> =>
  Promise.all(
    placed.parts.signers!.get(role)!.map((rule) => createSignerVerifier(placed, rule, conditions, operation)),
  )

async function createSignerVerifier(
  { file, parts }: PlacedSigners,
  rule: SignerRule,
  { times = {}, now }: Conditions,
  { signal }: Operation,
): Promise<Verifier> {
  const from = (path: string): string => resolve(dirname(file), path)
  const root = rule.root === undefined ? undefined : parts.roots!.get(rule.root)!
  const evidence =
    root &&
    (await readEvidence(openTrustedRootFile(from(root.trustedRoot), signal), {
      ignoreLog: root.logEntries === 0,
      ignoreCertificateLog: root.scts === 0,
    }))
  const requirement: SignatureRequirement =
    rule.kind === 'key'
      ? { kind: 'keys', keys: [await readKey(from(rule.key))], ...(evidence && { evidence }) }
      : {
          kind: 'identity',
          subject: { description: rule.identity, matches: (name) => matchesGlob(rule.identity, name) },
          issuer: { description: rule.issuer, matches: (name) => name === rule.issuer },
          evidence: evidence!,
        }
  return addCondition(createVerifier(requirement), (signer, verified) =>
    findSignatureFault({ rule, root, times, now }, signer, verified),
  )
}
