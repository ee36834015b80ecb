/** What verifying by identity needs, the Sigstore libraries included: one chunk, which verifying by key does not load. */
export { equalName, matchingName } from './name-matcher.ts'
export { parseTrustedRoot } from './trusted-root.ts'
export { verifyIdentity } from './verify-identity.ts'
export { verifyKeyEvidence } from './verify-key-evidence.ts'
