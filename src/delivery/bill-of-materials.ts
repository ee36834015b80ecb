import { PREDICATE_TYPES } from '../attestations/predicate-types.ts'
import { WasmpackError } from '../errors.ts'
import { printable } from '../printable.ts'
import { type BillOfMaterials, describeMaterials } from '../sbom/bill-of-materials.ts'
import { formatCycloneDx } from '../sbom/cyclonedx.ts'
import type { DocumentOptions } from '../sbom/document-options.ts'
import { readModuleContents } from '../sbom/module-contents.ts'
import { formatSpdx } from '../sbom/spdx.ts'
import type { Inspection } from '../wasm/types/inspection.ts'
import type { Attestation } from './attest.ts'
import { type ModuleFile, openModuleFile } from './files/module-file.ts'
import type { PreparedPush } from './prepare.ts'

export type SbomFormat = 'cyclonedx' | 'spdx'

/** Reads a module's bill of materials. `inspection` saves reading it again. */
export async function readMaterials(path: string, inspection?: Inspection): Promise<BillOfMaterials> {
  const module = await openModuleFile(path)
  try {
    return await readFrom(module, inspection ?? (await module.inspect()))
  } finally {
    await module.close()
  }
}

const readFrom = async (module: ModuleFile, inspection: Inspection): Promise<BillOfMaterials> =>
  describeMaterials(inspection, await readModuleContents(module.stream(), inspection))

/** The text of a document: the same materials always give the same one. */
export function formatMaterials(
  materials: BillOfMaterials,
  format: SbomFormat,
  { name, created }: DocumentOptions,
): string {
  const options = { name: printable(name), created }
  const document = format === 'spdx' ? formatSpdx(materials, options) : formatCycloneDx(materials, options)
  return JSON.stringify(document, undefined, 2)
}

/** The bill of materials of a module that is pushed, as what is attested of it. Throws MODULE_CHANGED. */
export async function attestMaterials(
  module: ModuleFile,
  prepared: PreparedPush,
  options: DocumentOptions,
): Promise<{ readonly attestation: Attestation; readonly problems: readonly string[] }> {
  const materials = await readFrom(module, prepared.inspection)
  const { module: digest } = await prepared.artifact()
  if (materials.module.digest !== digest)
    throw new WasmpackError(
      'MODULE_CHANGED',
      `module ${module.path} changed during the push; nothing was sent`,
      {
        hint: 'let the build finish, then push again',
      },
    )
  const predicate = Buffer.from(formatMaterials(materials, 'cyclonedx', options))
  return {
    attestation: { predicateType: PREDICATE_TYPES.get('cyclonedx')!, predicate, aboutModule: true },
    problems: materials.problems,
  }
}
