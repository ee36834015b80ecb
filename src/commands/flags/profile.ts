import { type Command, Option } from 'commander'

import type { Platform } from '../../artifact/profiles/image.ts'
import { PUSH_FORMS, type PushProfile } from '../../artifact/profiles/push-profile.ts'
import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'

export interface ProfileFlags {
  readonly profile?: PushProfile['form']
  readonly platform?: string
  readonly entrypoint?: string
}

/** containerd unpacks the layers of this platform alone on the nodes that it runs on; Istio and Envoy read any. */
const DEFAULT_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' }

export const addProfileOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--profile <form>', 'form of the artifact: what its consumers read (default: wasm)').choices(
        PUSH_FORMS,
      ),
    )
    .option('--platform <os/architecture>', 'platform of an image (default: linux/amd64)')
    .option(
      '--entrypoint <name>',
      'entrypoint that the config of the wasm profile names, so that pods need no command; changes the digest',
    )

/** Throws USAGE for a flag that the profile does not have. */
export function readProfileFlags({ profile = 'wasm', platform, entrypoint }: ProfileFlags): PushProfile {
  if (platform !== undefined && profile !== 'image') throw misplaced('--platform', 'image')
  if (entrypoint !== undefined && profile !== 'wasm') throw misplaced('--entrypoint', 'wasm')
  if (profile === 'wasm')
    return { form: 'wasm', entrypoint: entrypoint === undefined ? undefined : parseEntrypoint(entrypoint) }
  if (profile === 'image')
    return { form: 'image', platform: platform === undefined ? DEFAULT_PLATFORM : parsePlatform(platform) }
  return { form: profile }
}

const misplaced = (flag: string, profile: PushProfile['form']): WasmpackError =>
  new WasmpackError('USAGE', `${flag} is for the profile ${profile}`, {
    hint: `add --profile ${profile}, or leave ${flag} out`,
  })

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties */
function parsePlatform(text: string): Platform {
  const found = /^([a-z0-9]{1,32})\/([a-z0-9]{1,32})$/.exec(text)
  if (found) return { os: found[1]!, architecture: found[2]! }
  throw new WasmpackError('USAGE', `invalid --platform ${quoted(text)}: expected OS/ARCHITECTURE`, {
    hint: 'for example --platform linux/arm64',
  })
}

function parseEntrypoint(text: string): string {
  if (/^[A-Za-z0-9._-]{1,128}$/.test(text) && !/^\.+$/.test(text)) return text
  throw new WasmpackError('USAGE', `invalid --entrypoint ${quoted(text)}: expected a file name`, {
    hint: 'for example --entrypoint app.wasm',
  })
}
