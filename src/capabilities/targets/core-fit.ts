import { printable, quoted } from '../../printable.ts'
import type { CoreImport, ModuleInspection } from '../../wasm/types/inspection.ts'
import type { Finding } from '../evaluate/finding.ts'
import type { CoreTarget } from './run-target.ts'

/** Findings for a core module that does not fit its host; empty if it fits. */
export function findCoreMisfits(module: ModuleInspection, target: CoreTarget): Finding[] {
  const seen = new Set<string>()
  const imports = module.imports.flatMap((found) => {
    const key = JSON.stringify([found.module, found.name, found.type])
    if (seen.has(key)) return []
    seen.add(key)
    const problem = checkImport(found, target)
    return problem === undefined ? [] : [problem]
  })
  const exported = new Map(module.exports.map(({ name, kind }) => [name, kind]))
  const exports = target.exports
    .filter(({ names, kind }) => !names.some((name) => exported.get(name) === kind))
    .map(({ what, names }): Finding => ({
      rule: 'incompatible',
      severity: 'error',
      message: `the module exports ${names.length > 1 ? 'neither' : 'no'} ${what}: ${target.name} expects ${names.length > 1 ? 'one of them' : 'it'}`,
    }))
  return [...imports, ...exports]
}

function checkImport(found: CoreImport, target: CoreTarget): Finding | undefined {
  const offered = target.functions.get(found.module)?.get(found.name)
  if (offered === found.type && found.kind === 'func') return undefined
  const shown = printable(`${found.module}.${found.name}`)
  return {
    rule: 'incompatible',
    severity: 'error',
    message: `${shown} ${describeImportMismatch(found, offered, target)}`,
    import: shown,
    offset: found.offset,
  }
}

function describeImportMismatch(
  { kind, module, type }: CoreImport,
  offered: string | undefined,
  target: CoreTarget,
): string {
  if (offered === undefined)
    return target.functions.has(module)
      ? `is not offered by ${target.name}`
      : `is not offered by ${target.name}, which has no module ${quoted(module)}`
  if (kind !== 'func') return `is a function in ${target.name}, but is imported as a ${kind}`
  return `has the type ${offered} in ${target.name}, but is imported as ${printable(type)}`
}
