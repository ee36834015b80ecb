import { parseExternName } from '../../wasm/component/extern-name.ts'
import type { CoreImport } from '../../wasm/types/inspection.ts'
import type { RequestedComponentImport, RequestedImport } from '../catalog/classify.ts'
import { findProvider } from './providers.ts'

/** The probable origin of an unknown import, as a clause for people; never a basis for a verdict. */
export function describeOrigin(request: RequestedImport): string {
  if (request.from === 'core') return describeCoreOrigin(request.core)
  if (isDependencyName(request.label))
    return 'imports another component by reference, which the host would have to resolve and link'
  const code = findRequestedCode(request)
  if (code !== undefined) return `imports foreign code (a ${code}) for the host to link`
  if (request.kind === 'func' || request.kind === 'value')
    return `imports a ${request.kind} outside of any interface`
  return `unknown ${request.function === undefined ? 'interface' : 'function'}`
}

/** Whether it imports code, which is not in the binary and so was not checked. */
export const isForeignCode = (request: RequestedImport): boolean =>
  request.from === 'component' &&
  (findRequestedCode(request) !== undefined || isDependencyName(request.label))

/** A module or component, imported directly or as an item of an instance, which is listed with its kind. */
const findRequestedCode = ({ kind, function: item = '' }: RequestedComponentImport): string | undefined =>
  kind === 'module' || kind === 'component' ? kind : /^(module|component) /.exec(item)?.[1]

/** `unlocked-dep=<..>` and its like. */
const isDependencyName = (label: string): boolean => parseExternName(label)?.kind === 'dependency'

function describeCoreOrigin(core: CoreImport): string {
  if (core.kind !== 'func') return `imports a ${core.kind}, which the catalogue does not cover`
  const provider = findProvider(core)
  if (provider !== undefined) return provider.meaning
  if (core.module.includes(':'))
    return 'looks like the core module of a component; wrap it with: wasm-tools component new'
  return 'unknown import'
}
