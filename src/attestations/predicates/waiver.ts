/** The predicate type of a waiver that is signed; docs/trust-policy.md describes its fields. */
export const WAIVER_PREDICATE = 'https://wasmpack.dev/attestation/waiver/v1'
