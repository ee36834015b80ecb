import type { Command } from 'commander'

import { WasmpackError } from '../../errors.ts'
import { isMediaType } from '../../oci/descriptor.ts'
import { quoted } from '../../printable.ts'
import { toRfc3339Seconds } from '../../time.ts'
import { collectValues } from './repeated.ts'

/** What is written into the OCI manifest besides what the module says. */
export interface PackingFlags {
  readonly annotation?: readonly string[]
  readonly artifactType?: string
  readonly created?: string
}

export const addPackingOptions = (command: Command): Command =>
  command
    .option('-a, --annotation <key=value>', 'annotation of the OCI manifest (repeatable)', collectValues)
    .option(
      '--artifact-type <type>',
      'artifact type of the OCI manifest (default: application/vnd.wasm.config.v1+json for the profile wasm)',
      parseMediaType,
    )
    .option(
      '--created <time>',
      'creation time, RFC 3339 (default: SOURCE_DATE_EPOCH, else 1970-01-01T00:00:00Z)',
      parseTime,
    )

/** The clock is not read, so the same input always has the same digest. */
export const EPOCH = '1970-01-01T00:00:00Z'

function parseMediaType(text: string): string {
  if (isMediaType(text)) return text
  throw new WasmpackError('USAGE', `invalid --artifact-type ${quoted(text)}: expected a media type`, {
    hint: 'for example application/vnd.example.plugin.v1+json',
  })
}

/** Normalised to seconds in UTC: the same moment always has the same digest. */
function parseTime(text: string): string {
  if (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  )
    return toRfc3339Seconds(new Date(text))
  throw new WasmpackError('USAGE', `invalid --created ${quoted(text)}: expected an RFC 3339 time`, {
    hint: 'for example 2026-11-23T12:00:00Z',
  })
}
