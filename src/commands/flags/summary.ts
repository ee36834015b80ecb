import type { Command } from 'commander'

import { DEFAULT_VERIFIER } from '../../attestations/predicates/verification-summary.ts'
import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import type { Signing } from '../../signing/signing.ts'
import type { Context } from '../cli/command.ts'
import { exclusiveOptions } from './exclusive.ts'
import { addIdentityTokenOptions } from './identity-token.ts'
import { addSigningServicesOptions, listServiceFlags } from './signing-services.ts'
import { readSigning, type SigningFlags } from './signing.ts'
import type { TrustFlags } from './trust.ts'

/** The flags of the summary beside those of trust: `--key` says whose signatures are verified, `--signing-key` who signs. */
export interface SummaryFlags extends Omit<SigningFlags, 'key' | 'signatureFormat'> {
  readonly vsa?: boolean
  readonly verifier?: string
  readonly signingKey?: string
}

/** Who verifies, and who signs that. */
export interface SummarySigning {
  readonly signing: Signing
  readonly verifier: string
}

export const addSummaryOptions = (command: Command): Command =>
  addIdentityTokenOptions(
    addSigningServicesOptions(
      command
        .option(
          '--vsa',
          'with --verify: sign a SLSA verification summary for each policy file that held, and attach it before the tags are written',
        )
        .option(
          '--verifier <uri>',
          `with --vsa: id of the verifier (default: ${DEFAULT_VERIFIER})`,
          parseVerifier,
        )
        .option('--signing-key <key>', 'with --vsa: private key to sign with, or NAME://ID of a key in a KMS')
        .option('--keyless', 'with --vsa: sign as the identity of an OpenID Connect token')
        .option('-y, --yes', 'do not ask for confirmation before writing to transparency logs'),
    ),
  )

function parseVerifier(text: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,1024}$/.test(text)) return text
  throw new WasmpackError('USAGE', `invalid --verifier ${quoted(text.slice(0, 100))}: expected a URI`, {
    hint: `for example --verifier ${DEFAULT_VERIFIER}`,
  })
}

/** Undefined without --vsa. Throws USAGE if nobody signs, or a flag has no effect. */
export async function readSummaryFlags(
  flags: SummaryFlags & Pick<TrustFlags, 'trustedRoot'>,
  context: Context,
): Promise<SummarySigning | undefined> {
  const { vsa, verifier = DEFAULT_VERIFIER, signingKey, keyless } = flags
  const given = (
    [
      ['--verifier', flags.verifier],
      ['--signing-key', signingKey],
      ['--keyless', keyless],
    ] as const
  ).find(([, value]) => value !== undefined)?.[0]
  if (vsa !== true) {
    const [idle] = given === undefined ? listServiceFlags(flags) : [given]
    if (idle === undefined) return undefined
    throw new WasmpackError('USAGE', `${idle} requires --vsa`, { hint: 'pass --vsa, or omit it' })
  }
  if (signingKey !== undefined && keyless) throw exclusiveOptions('--signing-key', '--keyless')
  if (signingKey === undefined && !keyless)
    throw new WasmpackError('USAGE', '--vsa requires --signing-key or --keyless', {
      hint: 'a summary is signed: pass --signing-key verifier.key, or --keyless to sign as the identity of a token',
    })
  // The trusted root of a key without services is for what is verified.
  const { trustedRoot, tufMirror, tufRoot, ...rest } = flags
  const roots = keyless || listServiceFlags(flags).length > 0 ? { trustedRoot, tufMirror, tufRoot } : {}
  const signing = await readSigning({ ...rest, ...roots, key: signingKey } as SigningFlags, context)
  return { signing: signing!, verifier }
}
