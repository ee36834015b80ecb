import { expect } from 'vitest'

import { equalName, type NameMatcher } from '../../../src/signing/identity/name-matcher.ts'
import type { TrustedRoot } from '../../../src/signing/identity/trusted-root.ts'
import { type BundleVerdict, createVerifier, type Verifier } from '../../../src/signing/verifier.ts'
import { type Changeable, TestSigstore } from '../../support/sigstore-in-memory/instance.ts'

export const SIGSTORE = new TestSigstore()

export interface VerifyOptions {
  readonly subject?: string | NameMatcher
  readonly issuer?: string | NameMatcher
  readonly root?: TrustedRoot
  readonly ignoreLog?: boolean
  readonly ignoreCertificateLog?: boolean
}

const toMatcher = (name: string | NameMatcher): NameMatcher =>
  typeof name === 'string' ? equalName(name) : name

/** Requires dev@example.com of https://sso.example.com, by the trusted root of the Sigstore in memory. */
export const identityVerifier = ({
  subject = 'dev@example.com',
  issuer = 'https://sso.example.com',
  root = SIGSTORE.root(),
  ...ignored
}: VerifyOptions = {}): Verifier =>
  createVerifier({
    kind: 'identity',
    subject: toMatcher(subject),
    issuer: toMatcher(issuer),
    evidence: { root, ...ignored },
  })

export const verifyBundle = (bundle: Changeable, options?: VerifyOptions): Promise<BundleVerdict> =>
  identityVerifier(options).verify(Buffer.from(JSON.stringify(bundle)))

export const rejected = (reason: string | RegExp): object => ({
  kind: 'rejected',
  reason: typeof reason === 'string' ? expect.stringContaining(reason) : expect.stringMatching(reason),
})
