import type { Run } from '../support/child.ts'
import type { Sigstore, SigningConfigName } from '../stack/sigstore/sigstore.ts'
import type { Workbench } from './workbench.ts'

const VERIFY = ['verify', '--allow-http-registry', '--insecure-ignore-tlog']

/** Signs as cosign 3 does by default, but without a transparency log. */
export async function cosignSign(bench: Workbench, pinned: string, key: string): Promise<void> {
  const config = 'signing-config.json'
  if (!bench.exists(config)) await bench.peer('cosign', 'signing-config', 'create', '--out', config)
  const flags = ['--allow-http-registry', '--yes', '--key', key, '--signing-config', config]
  await bench.peer('cosign', 'sign', ...flags, pinned)
}

/** Verifies with a public key; the run may end with any status. */
export const cosignVerify = (bench: Workbench, reference: string, key: string): Promise<Run> =>
  bench.attemptPeer('cosign', [...VERIFY, '--key', key, reference])

/** Signs with a certificate for the token's identity, as cosign 3 does by default; further flags follow. */
export async function cosignSignAs(
  bench: Workbench,
  sigstore: Sigstore,
  pinned: string,
  token: string,
  config: SigningConfigName,
  ...flags: readonly string[]
): Promise<void> {
  const trust = ['--signing-config', sigstore.signingConfigs[config], '--trusted-root', sigstore.trustedRoot]
  const identity = ['--allow-http-registry', '--yes', '--identity-token', token]
  await bench.peer('cosign', 'sign', ...identity, ...trust, ...flags, pinned)
}

/** Verifies with an identity of the stack's issuer; the run may end with any status. */
export const cosignVerifyIdentity = (
  bench: Workbench,
  { issuer, trustedRoot }: Sigstore,
  reference: string,
  identity: string,
  ...flags: readonly string[]
): Promise<Run> => {
  const expected = ['--certificate-identity', identity, '--certificate-oidc-issuer', issuer]
  const trust = ['--allow-http-registry', '--trusted-root', trustedRoot]
  return bench.attemptPeer('cosign', ['verify', ...trust, ...expected, ...flags, reference])
}
