import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

import { IN_TOTO_PAYLOAD } from '../../src/attestations/statement.ts'
import { Transport } from '../../src/http/transport.ts'
import { givenToken } from '../../src/oidc/sources/given-token.ts'
import { createTokenSupply } from '../../src/oidc/token-supply.ts'
import { type Bundle, writeBundle } from '../../src/signing/bundle.ts'
import { createFulcio } from '../../src/signing/keyless/fulcio.ts'
import { openIdentitySigner } from '../../src/signing/keyless/identity-signer.ts'
import { chooseServices, type SigningServices } from '../../src/signing/services/choose-services.ts'
import { parseSigningConfig } from '../../src/signing/services/signing-config.ts'
import { toSignedBytes, type WitnessedContent } from '../../src/signing/witness.ts'
import { openWitnesses } from '../../src/signing/witnesses/open-witnesses.ts'
import { readRoot } from './trusted-root.ts'

const OPTIONS = {
  staging: { type: 'boolean' },
  'in-toto': { type: 'boolean' },
  'identity-token': { type: 'string' },
  bundle: { type: 'string' },
  'trusted-root': { type: 'string' },
  'signing-config': { type: 'string' },
} as const

/** Signs a file, or the statement in it, as the identity of the token. Writes the bundle once it has been verified. */
export async function signBundle(args: readonly string[], captures: string): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const { bundle: output, 'identity-token': token, 'signing-config': config } = values
  const [artifact] = positionals
  if (artifact === undefined || token === undefined || output === undefined)
    throw new Error('expected: sign-bundle --identity-token TOKEN --bundle FILE … FILE')
  if (config === undefined) throw new Error('expected --signing-config FILE')
  const bytes = await readFile(artifact)
  const transport = new Transport()
  try {
    const services = chooseServices(parseSigningConfig(await readFile(config), config), { now: Date.now() })
    const tokens = createTokenSupply(
      givenToken('--identity-token', token),
      { audiences: ['sigstore'] },
      transport,
    )
    const content: WitnessedContent = values['in-toto']
      ? { payloadType: IN_TOTO_PAYLOAD, payload: bytes }
      : { message: bytes }
    const { signer, bundle } = await signContent(content, services, {
      evidence: { root: await readRoot(values, captures) },
      tokens,
      transport,
    })
    const written = writeBundle(bundle)
    const verdict = values['in-toto']
      ? await signer.verifier.verify(written)
      : await signer.verifier.verifyMessage(written, bytes)
    if (verdict.kind === 'rejected') throw new Error(`the new signature ${verdict.reason}`)
    await writeFile(output, written)
  } finally {
    transport.close()
  }
}

interface Access extends Pick<Parameters<typeof openIdentitySigner>[0], 'tokens' | 'evidence'> {
  readonly transport: Transport
}

async function signContent(
  content: WitnessedContent,
  services: SigningServices,
  { tokens, evidence, transport }: Access,
): Promise<{ readonly signer: Awaited<ReturnType<typeof openIdentitySigner>>; readonly bundle: Bundle }> {
  if (services.certificateAuthority === undefined) throw new Error('the signing config has no authority')
  const authority = createFulcio(services.certificateAuthority, transport)
  const signer = await openIdentitySigner({ authority, tokens, evidence, now: Date.now })
  const raw = await signer.sign(toSignedBytes(content))
  const testimonies = await Promise.all(
    openWitnesses(services, transport).map((witness) => witness.testify(content, raw)),
  )
  const { signature, material } = raw
  const common = {
    material,
    tlogEntries: testimonies.flatMap(({ tlogEntries }) => tlogEntries),
    timestamps: testimonies.flatMap(({ timestamps }) => timestamps),
  }
  if (!('message' in content)) return { signer, bundle: { ...common, envelope: { ...content, signature } } }
  const value = createHash('sha256').update(content.message).digest()
  return { signer, bundle: { ...common, message: { signature, digest: { algorithm: 'sha256', value } } } }
}
