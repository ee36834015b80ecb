import { toRfc3339Seconds } from '../time.ts'

/** Settings from environment variables. config/ is the only room that reads the environment. */
export interface Environment {
  /** COSIGN_PASSWORD: decrypts private keys, as in cosign. An empty one counts as set. */
  readonly keyPassword: string | undefined
  /** SOURCE_DATE_EPOCH as an RFC 3339 time. https://reproducible-builds.org/specs/source-date-epoch/ */
  readonly created: string | undefined
  /** NO_COLOR turns colours off and FORCE_COLOR on, also where stderr is no terminal; FORCE_COLOR wins, as in Node. https://no-color.org */
  readonly colors: 'never' | 'terminal' | 'forced'
}

/** Malformed values count as absent. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  return {
    keyPassword: env['COSIGN_PASSWORD'],
    created: parseSourceDateEpoch(env['SOURCE_DATE_EPOCH']),
    colors: env['FORCE_COLOR'] === undefined ? (env['NO_COLOR'] ? 'never' : 'terminal') : 'forced',
  }
}

function parseSourceDateEpoch(seconds: string | undefined): string | undefined {
  if (seconds === undefined || !/^[0-9]{1,11}$/.test(seconds)) return undefined
  return toRfc3339Seconds(new Date(Number(seconds) * 1000))
}
