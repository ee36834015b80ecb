import { printable } from '../../printable.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { joinVersionSuffix } from '../catalog/interface-name.ts'
import { diffNames, parseFamily, type Named, type NamesDiff } from './diff-names.ts'

export interface ExportsDiff extends Omit<NamesDiff<never>, 'added' | 'removed'> {
  /** Safe on a terminal; kinds other than function and instance in parentheses. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

interface NamedExport extends Named {
  readonly shown: string
}

export function diffExports(old: Inspection, now: Inspection): ExportsDiff {
  const { added, removed, versions } = diffNames(nameExports(old), nameExports(now))
  return { added: added.map(({ shown }) => shown), removed: removed.map(({ shown }) => shown), versions }
}

function nameExports(inspection: Inspection): NamedExport[] {
  if (inspection.kind === 'wit') return []
  if (inspection.kind === 'module')
    return inspection.exports.map(({ name, kind }) => ({
      key: JSON.stringify([name, kind]),
      shown: printable(kind === 'func' ? name : `${name} (${kind})`),
    }))
  return inspection.exports.map((found) => {
    const { kind } = found
    const { name: versioned, implements: target } = joinVersionSuffix(found)
    const family = parseFamily(target ?? versioned, target === undefined ? undefined : versioned)
    const alias = target === undefined ? '' : ` (implements ${target})`
    const of = kind === 'instance' || kind === 'func' ? '' : ` (${kind})`
    const named = { key: JSON.stringify([family.key, kind]), shown: printable(`${versioned}${alias}${of}`) }
    return family.version === '' ? named : { ...named, family }
  })
}
