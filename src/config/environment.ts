import { WasmpackError } from '../errors.ts'
import { quoted } from '../printable.ts'
import { toRfc3339Seconds } from '../time.ts'

/** Settings from environment variables. config/ is the only room that reads the environment. */
export interface Environment {
  /** COSIGN_PASSWORD: decrypts private keys, as in cosign. An empty one counts as set. */
  readonly keyPassword: string | undefined
  /**
   * SOURCE_DATE_EPOCH as an RFC 3339 time; an empty one counts as unset. Throws USAGE for a malformed one, since an artifact without
   * the intended time would have another digest. https://reproducible-builds.org/specs/source-date-epoch/
   */
  readonly readCreated: () => string | undefined
  /** NO_COLOR turns colours off and FORCE_COLOR on, also where stderr is no terminal; FORCE_COLOR wins, as in Node. https://no-color.org */
  readonly colors: 'never' | 'terminal' | 'forced'
}

export function readEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  return {
    keyPassword: env['COSIGN_PASSWORD'],
    readCreated: () => parseSourceDateEpoch(env['SOURCE_DATE_EPOCH'] ?? ''),
    colors: env['FORCE_COLOR'] === undefined ? (env['NO_COLOR'] ? 'never' : 'terminal') : 'forced',
  }
}

function parseSourceDateEpoch(seconds: string): string | undefined {
  if (seconds === '') return undefined
  if (/^[0-9]{1,11}$/.test(seconds)) return toRfc3339Seconds(new Date(Number(seconds) * 1000))
  throw new WasmpackError(
    'USAGE',
    `invalid SOURCE_DATE_EPOCH ${quoted(seconds.slice(0, 80))}: expected seconds since 1970, a decimal number of at most 11 digits`,
    { hint: 'for example SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct), or unset it' },
  )
}
