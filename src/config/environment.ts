/** What wasmpack takes from environment variables; this is the only place that reads them, but for credential files. */
export interface Environment {
  /** COSIGN_PASSWORD: opens private keys, as it does for cosign. An empty one counts as given. */
  readonly keyPassword: string | undefined
  /** SOURCE_DATE_EPOCH as an RFC 3339 time. https://reproducible-builds.org/specs/source-date-epoch/ */
  readonly created: string | undefined
  /** NO_COLOR or TERM=dumb. https://no-color.org */
  readonly noColor: boolean
}

/** Ill-formed values count as absent. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  return {
    keyPassword: env['COSIGN_PASSWORD'],
    created: createdAt(env['SOURCE_DATE_EPOCH']),
    noColor: Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb',
  }
}

function createdAt(seconds: string | undefined): string | undefined {
  if (seconds === undefined || !/^[0-9]{1,11}$/.test(seconds)) return undefined
  return toSeconds(new Date(Number(seconds) * 1000))
}

/** RFC 3339 without a fraction, as OCI annotations have it. */
export const toSeconds = (time: Date): string => time.toISOString().replace(/\.\d{3}Z$/, 'Z')
