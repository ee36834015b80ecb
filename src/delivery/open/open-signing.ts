import { readIdentityVariables } from '../../config/identity-variables.ts'
import { WasmpackError } from '../../errors.ts'
import type { Transport } from '../../http/transport.ts'
import { createTokenSupply } from '../../oidc/token-supply.ts'
import { demandTestimony } from '../../signing/demand-testimony.ts'
import type { EvidenceRequirement } from '../../signing/identity/evidence.ts'
import type { TrustedRoot, TrustedRootSource } from '../../signing/identity/trusted-root.ts'
import { createFulcio } from '../../signing/keyless/fulcio.ts'
import { openIdentitySigner } from '../../signing/keyless/identity-signer.ts'
import type { SigningServices } from '../../signing/services/choose-services.ts'
import type { Signer } from '../../signing/signer.ts'
import type { Signing } from '../../signing/signing.ts'
import { createVerifier } from '../../signing/verifier.ts'
import { requireLoggableKey } from '../../signing/witnesses/loggable-key.ts'
import { openWitnesses } from '../../signing/witnesses/open-witnesses.ts'
import { chooseTokenSource, listAudiences, type TokenRequest } from './choose-token-source.ts'
import type { RegistryClientOptions } from './client-options.ts'
import { openTransport } from './open-registry.ts'

/** What confirming a signature makes public, before it is done. */
export interface Publication {
  /** Who or what is named in the entries. */
  readonly signer: string
  readonly byIdentity: boolean
  /** Hosts of the logs, the certificate authority included, which has a log of its own. */
  readonly hosts: readonly string[]
}

export interface SigningRequest {
  readonly services: SigningServices
  /** The key to sign with; without one, the identity of a token. */
  readonly openKey?: (() => Promise<Signer>) | undefined
  readonly token: TokenRequest
  /** What new signatures are verified by, and earlier ones of the same signer recognised. */
  readonly trustedRoot?: TrustedRootSource | undefined
  /** Called once the signer is known and before anything is written; rejects to end the run. */
  readonly confirm: (publication: Publication) => Promise<void>
}

/**
 * Opens a signer with witnesses. The token of an identity is obtained here, so that a missing or refused one ends the run before
 * anything is written. Throws USAGE for services that make no signature that anyone could verify.
 */
export async function openSigning(
  { services, openKey, token, trustedRoot, confirm }: SigningRequest,
  access: RegistryClientOptions,
): Promise<Signing> {
  const transport = openTransport(access)
  const { logs, timestampAuthorities, certificateAuthority } = services
  const evidence = trustedRoot && { root: await readTrustedRoot(trustedRoot), ignoreLog: logs.length === 0 }
  const signer =
    openKey === undefined
      ? await openIdentity(services, token, evidence, transport)
      : demandEvidence(await openKey(), evidence)
  const { requirement } = signer.verifier
  for (const { version } of logs)
    if (requirement.kind === 'keys') for (const key of requirement.keys) requireLoggableKey(key, version)
  const byIdentity = openKey === undefined
  const recording = [...(byIdentity ? [certificateAuthority!] : []), ...logs.map(({ url }) => url)]
  if (recording.length > 0)
    await confirm({ signer: signer.name, byIdentity, hosts: recording.map((url) => new URL(url).host) })
  const demanded = { logEntry: logs.length > 0, timestamp: timestampAuthorities.length > 0 }
  return {
    signer: { ...signer, verifier: demandTestimony(signer.verifier, demanded) },
    witnesses: openWitnesses(services, transport),
  }
}

async function openIdentity(
  { certificateAuthority, identityProvider, logs, timestampAuthorities }: SigningServices,
  request: TokenRequest,
  evidence: EvidenceRequirement | undefined,
  transport: Transport,
): Promise<Signer> {
  if (certificateAuthority === undefined)
    throw new WasmpackError('USAGE', 'signing by identity needs a certificate authority', {
      hint: 'pass --fulcio-url, or a --signing-config with caUrls',
    })
  if (timestampAuthorities.length === 0 && !logs.some(({ version }) => version === 1))
    throw new WasmpackError(
      'USAGE',
      'signing by identity needs a timestamp authority, or a log of Rekor 1: nobody could tell that the certificate was valid',
      { hint: 'pass --timestamp-server-url, or a --signing-config with tsaUrls' },
    )
  const source = await chooseTokenSource(request, readIdentityVariables(), identityProvider, transport)
  const requirement = { audiences: listAudiences(request), issuer: request.issuer }
  const tokens = createTokenSupply(source, requirement, transport)
  return openIdentitySigner({
    authority: createFulcio(certificateAuthority, transport),
    tokens,
    evidence,
    now: () => transport.clock.now(),
  })
}

async function readTrustedRoot(source: TrustedRootSource): Promise<TrustedRoot> {
  const { parseTrustedRoot } = await import('../../signing/identity/verification.ts')
  return parseTrustedRoot(await source.read(), source.name)
}

/** The signer of a key, whose signatures also need what services confirm. */
function demandEvidence(signer: Signer, evidence: EvidenceRequirement | undefined): Signer {
  const { requirement } = signer.verifier
  if (evidence === undefined || requirement.kind !== 'keys') return signer
  return { ...signer, verifier: createVerifier({ ...requirement, evidence }) }
}
