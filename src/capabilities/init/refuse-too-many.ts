import { WasmpackError } from '../../errors.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { listRequestedImports } from '../catalog/classify.ts'

/** The error of a module whose unknown imports do not fit into a capability manifest; `size` completes "to list them takes ...". */
export function refuseTooMany(inspection: Inspection, size: string): WasmpackError {
  const unknown = listRequestedImports(inspection).filter((request) => request.class === undefined)
  return new WasmpackError(
    'CAPABILITY_MANIFEST_INVALID',
    `the module has ${unknown.length} imports that are not in the catalogue: to list them takes ${size}`,
    {
      hint: 'write a capability manifest by hand with "onUnknownImport: warn", which allows such imports without naming them',
    },
  )
}
