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
import { createServiceUrlParser } from './service-url.ts'
import type { TufReader } from './tuf.ts'

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
      "signing config of Sigstore that lists the services; the TUF repository's by default",
      createPathParser('--signing-config'),
    )
    .option('--fulcio-url <url>', 'certificate authority (Fulcio)', createServiceUrlParser('--fulcio-url'))
    .option('--rekor-url <url>', 'transparency log (Rekor)', createServiceUrlParser('--rekor-url'))
    .option('--rekor-version <n>', 'version of Rekor that the log must have: 1 or 2', parseRekorVersion)
    .option(
      '--timestamp-server-url <url>',
      'timestamp authority (RFC 3161), complete address (repeatable)',
      (url: string, before: readonly string[] | undefined) =>
        collectValues(createServiceUrlParser('--timestamp-server-url')(url), before),
    )
    .optionsGroup('')

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

/** What a TUF repository calls the signing config with this version of Rekor; the public Sigstore's has Rekor 1 by default. */
const SIGNING_CONFIGS = { 1: 'signing_config.v0.2.json', 2: 'signing_config_rekor_v2.v0.2.json' } as const

/**
 * The services to sign with: those that are named one by one, or those of a signing config, which is a file or comes from a TUF
 * repository.
 */
export async function readSigningServices(
  flags: SigningServicesFlags,
  { signal }: Context,
  tuf: TufReader,
): Promise<SigningServices & { readonly fromTuf: boolean }> {
  const { signingConfig: file, fulcioUrl, rekorUrl, rekorVersion, timestampServerUrl = [] } = flags
  const named = listServiceFlags(flags).filter((flag) => NAMING.has(flag))
  if (named.length > 0) {
    if (file !== undefined) throw exclusiveOptions('--signing-config', named[0]!)
    return {
      fromTuf: false,
      certificateAuthority: fulcioUrl,
      logs: rekorUrl === undefined ? [] : [{ url: rekorUrl, version: rekorVersion ?? 1 }],
      timestampAuthorities: timestampServerUrl,
    }
  }
  const { parseSigningConfig } = await import('../../signing/services/signing-config.ts')
  const { chooseServices } = await import('../../signing/services/choose-services.ts')
  const config =
    file === undefined
      ? parseSigningConfig(
          await tuf.read(SIGNING_CONFIGS[rekorVersion ?? 1]),
          `signing config of ${tuf.name}`,
        )
      : parseSigningConfig(
          Buffer.from(await readText(file, 'signing config', signal)),
          `signing config ${file}`,
        )
  return { ...chooseServices(config, { now: Date.now(), rekorVersion }), fromTuf: file === undefined }
}
