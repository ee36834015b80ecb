import type { Command } from 'commander'

import { PREDICATE_TYPES } from '../../attestations/predicate-types.ts'
import { SIGNATURE_PREDICATE } from '../../attestations/statement.ts'
import { readBuildVariables } from '../../config/build-variables.ts'
import type { Attestation } from '../../delivery/attest.ts'
import { buildProvenance } from '../../delivery/build-provenance.ts'
import { readPredicateFile } from '../../delivery/files/predicate-file.ts'
import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import { collectValues } from './repeated.ts'

/** The values that an option for a predicate type takes. */
export const TYPE_VALUES = `${[...PREDICATE_TYPES.keys()].join(', ')}, or a URI`

/** The URI of a predicate type by its short name or itself. Throws USAGE for anything else, and for the type of signatures. */
export function parsePredicateType(text: string, option: string): string {
  const type = PREDICATE_TYPES.get(text) ?? text
  if (type === SIGNATURE_PREDICATE)
    throw new WasmpackError('USAGE', `${option} ${text} is the type of signatures, not of attestations`, {
      hint: 'use wasmpack sign, and wasmpack verify without --attestation',
    })
  if (/^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/i.test(type) && type.length <= 1024) return type
  throw new WasmpackError('USAGE', `invalid ${option} ${quoted(text)}: expected a predicate type`, {
    hint: `one of ${TYPE_VALUES}`,
  })
}

export interface AttestFlags {
  readonly attest?: readonly string[]
  readonly provenance?: boolean
  readonly sbom?: boolean
}

export const addAttestOption = (command: Command): Command =>
  command
    .option(
      '--provenance',
      'attest how it was built (SLSA provenance v1), from variables of GitHub Actions or GitLab CI',
    )
    .option(
      '--sbom',
      'attest the bill of materials that the module carries (CycloneDX), as wasmpack sbom prints it',
    )
    .option(
      '--attest <type=file>',
      `attest this predicate, a JSON file, before the tags are written (repeatable); the type is ${TYPE_VALUES}`,
      collectValues,
    )

/** The first of the options that attest something; undefined if there is none. */
export const findAttestOption = ({ attest, provenance, sbom }: AttestFlags): string | undefined =>
  attest === undefined ? (provenance && '--provenance') || (sbom && '--sbom') || undefined : '--attest'

/** The attestations that the flags name, with their files read. Throws USAGE, FILE_NOT_FOUND, FILE_UNREADABLE and PREDICATE_INVALID. */
export async function readAttestFlags(
  { attest = [], provenance = false }: AttestFlags,
  signal?: AbortSignal,
): Promise<readonly Attestation[]> {
  const attestations: Attestation[] = []
  for (const { predicateType, file } of attest.map((text) => splitAttestFlag(text)))
    attestations.push({ predicateType, predicate: await readPredicateFile(file, signal) })
  if (provenance) attestations.push(buildProvenance(readBuildVariables()))
  return attestations
}

/** A URI may contain `=`, the names of files seldom do: the last one separates. */
function splitAttestFlag(text: string): { readonly predicateType: string; readonly file: string } {
  const name = text.slice(0, text.indexOf('='))
  const at = PREDICATE_TYPES.has(name) ? name.length : text.lastIndexOf('=')
  const file = text.slice(at + 1)
  if (at > 0 && file !== '') return { predicateType: parsePredicateType(text.slice(0, at), '--attest'), file }
  throw new WasmpackError('USAGE', `invalid --attest ${quoted(text)}: expected TYPE=FILE`, {
    hint: 'for example --attest cyclonedx=bom.json',
  })
}
