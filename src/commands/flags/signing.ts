import type { Command } from 'commander'

import type { Publication } from '../../delivery/open/open-signing.ts'
import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import type { SignatureFormat, Signing } from '../../signing/signing.ts'
import { confirm } from '../cli/confirm.ts'
import type { Context } from '../cli/command.ts'
import { exclusiveOptions } from './exclusive.ts'
import {
  addIdentityTokenOptions,
  listTokenFlags,
  type IdentityTokenFlags,
  readTokenRequest,
} from './identity-token.ts'
import {
  addTrustedRootOptions,
  chooseTrustedRoot,
  readFromTuf,
  type TrustedRootFlags,
} from './trusted-root.ts'
import { addSigningKeyOption, readSigner, type SignerFlags } from './signer.ts'
import {
  addSigningServicesOptions,
  listServiceFlags,
  readSigningServices,
  type SigningServicesFlags,
} from './signing-services.ts'
import { readAccess, type TransportFlags } from './transport.ts'
import { createTufReader } from './tuf.ts'

export interface SigningFlags
  extends SignerFlags, SigningServicesFlags, TrustedRootFlags, IdentityTokenFlags, TransportFlags {
  readonly keyless?: boolean
  readonly signatureFormat?: SignatureFormat
  readonly yes?: boolean
}

/** Adds the options that say who signs a signature and in which format, and which services confirm it. */
export const addSigningOptions = (command: Command): Command =>
  addAttestingOptions(command).option(
    '--signature-format <format>',
    'bundle, as cosign 3 reads it; legacy, the tag sha256-<hex>.sig of cosign 2; or both (default: bundle)',
    parseSignatureFormat,
  )

/** Adds the same options for attestations, which have one format. */
export const addAttestingOptions = (command: Command): Command => {
  addSigningKeyOption(command)
    .option(
      '--keyless',
      'sign as the identity of an OpenID Connect token, with a certificate instead of a key',
    )
    .option('-y, --yes', 'do not ask for confirmation before writing to transparency logs')
  addTrustedRootOptions(command)
  return addIdentityTokenOptions(addSigningServicesOptions(command))
}

function parseSignatureFormat(text: string): SignatureFormat {
  if (text === 'bundle' || text === 'legacy' || text === 'both') return text
  throw new WasmpackError(
    'USAGE',
    `invalid --signature-format ${quoted(text.slice(0, 100))}: expected bundle, legacy or both`,
    { hint: 'for example --signature-format both' },
  )
}

/** The flags of a command line that say who signs, as they were written; undefined if nobody does. Throws USAGE for a contradiction. */
export function describeSigningFlags(flags: SigningFlags): string | undefined {
  const { key, keyless } = flags
  if (key !== undefined && keyless) throw exclusiveOptions('--key', '--keyless')
  if (key !== undefined) {
    if (!isConfirmed(flags) && flags.trustedRoot !== undefined)
      throw new WasmpackError(
        'USAGE',
        '--trusted-root with --key requires a service that confirms the signature',
        {
          hint: 'pass --signing-config, --rekor-url, --timestamp-server-url or --tuf-mirror',
        },
      )
    return `--key ${key}`
  }
  if (keyless) return '--keyless'
  const [idle] = listIdleFlags(flags)
  if (idle === undefined) return undefined
  throw new WasmpackError('USAGE', `${idle} requires --key or --keyless`, {
    hint: 'pass --keyless to sign as the identity of a token, or --key to sign with a key',
  })
}

/** The options that are of no use where nobody signs. */
const listIdleFlags = (flags: SigningFlags): readonly string[] => [
  ...listServiceFlags(flags),
  ...(flags.trustedRoot === undefined ? [] : ['--trusted-root']),
  ...(flags.tufMirror === undefined && flags.tufRoot === undefined ? [] : ['--tuf-mirror']),
  ...(flags.signatureFormat === undefined ? [] : ['--signature-format']),
  ...listTokenFlags(flags),
]

/** Whether services confirm the signature of a key. */
const isConfirmed = (flags: SigningFlags): boolean =>
  listServiceFlags(flags).length > 0 || flags.tufMirror !== undefined

/** Who signs, by the flags; undefined if nobody does. A key without services loads nothing but keys. */
export async function readSigning(flags: SigningFlags, context: Context): Promise<Signing | undefined> {
  const who = describeSigningFlags(flags)
  if (who === undefined) return undefined
  const { key } = flags
  const openKey = key === undefined ? undefined : () => readSigner(key, context)
  const { signatureFormat: format } = flags
  if (openKey !== undefined && !isConfirmed(flags)) return { signer: await openKey(), witnesses: [], format }
  const token = await readTokenRequest(flags, context)
  const tuf = createTufReader(flags, context)
  const services = await readSigningServices(flags, context, tuf)
  if (format !== undefined && format !== 'bundle' && services.logs.some(({ version }) => version === 2))
    throw new WasmpackError('USAGE', `--signature-format ${format} has no place for entries of Rekor 2`, {
      hint: 'pass --rekor-version 1, or --signature-format bundle',
    })
  const { openSigning } = await import('../../delivery/open/open-signing.ts')
  const ask = (publication: Publication): Promise<void> => confirmPublication(publication, flags, context)
  const trustedRoot =
    chooseTrustedRoot(flags, context, tuf) ?? (services.fromTuf ? readFromTuf(tuf) : undefined)
  const signing = await openSigning(
    { services, openKey, token, trustedRoot, confirm: ask },
    await readAccess(flags, context),
  )
  return { ...signing, format }
}

async function confirmPublication(
  { signer, byIdentity, hosts }: Publication,
  { yes }: SigningFlags,
  { signal, reporter }: Context,
): Promise<void> {
  const what = `${byIdentity ? `the ${signer}` : `the public ${signer}`}, the signature and the digest`
  const where = hosts.join(' and ')
  if (yes) {
    reporter.debug?.(`* confirmed by --yes: ${what} may be recorded for ever, at ${where}`)
    return
  }
  await confirm(
    `record ${what} in the logs of ${where}? Nobody can delete them; in a public log, everybody can read them.`,
    'pass --yes to confirm',
    signal,
  )
}
