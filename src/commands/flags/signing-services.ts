import type { Command } from 'commander'

import { readText } from '../../delivery/files/text-file.ts'
import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import type { RekorVersion, SigningServices } from '../../signing/services/choose-services.ts'
import type { Context } from '../cli/command.ts'
import { SERVICE_OPTIONS } from '../cli/help.ts'
import { exclusiveOptions } from './exclusive.ts'
import { createPathParser } from './path.ts'
import { collectValues } from './repeated.ts'

export interface SigningServicesFlags {
  readonly signingConfig?: string
  readonly fulcioUrl?: string
  readonly rekorUrl?: string
  readonly rekorVersion?: RekorVersion
  readonly timestampServerUrl?: readonly string[]
}

export const addSigningServicesOptions = (command: Command): Command =>
  command
    .optionsGroup(SERVICE_OPTIONS)
    .option(
      '--signing-config <file>',
      'signing config of Sigstore that lists the services',
      createPathParser('--signing-config'),
    )
    .option('--fulcio-url <url>', 'certificate authority (Fulcio)', parseServiceUrl('--fulcio-url'))
    .option('--rekor-url <url>', 'transparency log (Rekor)', parseServiceUrl('--rekor-url'))
    .option('--rekor-version <n>', 'version of Rekor that the log must have: 1 or 2', parseRekorVersion)
    .option(
      '--timestamp-server-url <url>',
      'timestamp authority (RFC 3161), complete address (repeatable)',
      (url: string, before: readonly string[] | undefined) =>
        collectValues(parseServiceUrl('--timestamp-server-url')(url), before),
    )
    .optionsGroup('')

const parseServiceUrl =
  (flag: string) =>
  (url: string): string => {
    const { protocol, username, password, hash } = URL.canParse(url) ? new URL(url) : NO_URL
    if ((protocol === 'https:' || protocol === 'http:') && username + password + hash === '') return url
    throw new WasmpackError(
      'USAGE',
      `invalid ${flag}: expected an http or https URL without user and fragment`,
      {
        hint: `for example ${flag} https://${flag.slice(2, flag.indexOf('-', 2))}.example.com`,
      },
    )
  }

const NO_URL = { protocol: '', username: '', password: '', hash: '' } as const

function parseRekorVersion(text: string): RekorVersion {
  if (text === '1' || text === '2') return Number(text) as RekorVersion
  throw new WasmpackError('USAGE', `invalid --rekor-version ${quoted(text.slice(0, 100))}: expected 1 or 2`, {
    hint: 'for example --rekor-version 2',
  })
}

const FLAGS = {
  signingConfig: '--signing-config',
  fulcioUrl: '--fulcio-url',
  rekorUrl: '--rekor-url',
  rekorVersion: '--rekor-version',
  timestampServerUrl: '--timestamp-server-url',
} as const

/** The options that name one service each. */
const NAMING: ReadonlySet<string> = new Set([FLAGS.fulcioUrl, FLAGS.rekorUrl, FLAGS.timestampServerUrl])

/** The options that were given. */
export const listServiceFlags = (flags: SigningServicesFlags): readonly string[] =>
  (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).flatMap((name) =>
    flags[name] === undefined ? [] : [FLAGS[name]],
  )

/** The services to sign with: those of a signing config, or those that are named one by one. */
export async function readSigningServices(
  flags: SigningServicesFlags,
  { signal }: Context,
): Promise<SigningServices> {
  const { signingConfig, fulcioUrl, rekorUrl, rekorVersion, timestampServerUrl = [] } = flags
  const named = listServiceFlags(flags).filter((flag) => NAMING.has(flag))
  if (signingConfig !== undefined) {
    if (named[0] !== undefined) throw exclusiveOptions('--signing-config', named[0])
    const { parseSigningConfig } = await import('../../signing/services/signing-config.ts')
    const { chooseServices } = await import('../../signing/services/choose-services.ts')
    const text = await readText(signingConfig, 'signing config', signal)
    const config = parseSigningConfig(Buffer.from(text), `signing config ${signingConfig}`)
    return chooseServices(config, { now: Date.now(), rekorVersion })
  }
  if (named.length === 0)
    throw new WasmpackError('USAGE', 'no services to sign with', {
      hint: 'pass --signing-config FILE, or --fulcio-url, --rekor-url and --timestamp-server-url',
    })
  return {
    certificateAuthority: fulcioUrl,
    logs: rekorUrl === undefined ? [] : [{ url: rekorUrl, version: rekorVersion ?? 1 }],
    timestampAuthorities: timestampServerUrl,
  }
}
