import type { Inspection, Limits } from '../../wasm/types/inspection.ts'

/** A declared resource that differs. */
export interface ResourceChange {
  /** `memory 0`, `start function`, `nested core modules`. */
  readonly resource: string
  /** For people; absent where there is none. */
  readonly old?: string
  readonly new?: string
}

export function diffResources(old: Inspection, now: Inspection): ResourceChange[] {
  const [before, after] = [listResources(old), listResources(now)]
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((resource) => {
    const [was, is] = [before.get(resource), after.get(resource)]
    if (was === is) return []
    return [{ resource, ...(was !== undefined && { old: was }), ...(is !== undefined && { new: is }) }]
  })
}

function listResources(inspection: Inspection): Map<string, string> {
  const resources = new Map<string, string>([['kind', inspection.kind]])
  if (inspection.kind === 'wit') return resources
  if (inspection.hasStart) resources.set('start function', 'runs at instantiation')
  if (inspection.kind === 'component') {
    const { modules, components } = inspection.nested
    resources.set('nested core modules', `${modules}`)
    resources.set('nested components', `${components}`)
    return resources
  }
  for (const [index, memory] of inspection.memories.entries())
    resources.set(`memory ${index}`, describeLimits(memory, 'page'))
  for (const [index, table] of inspection.tables.entries())
    resources.set(`table ${index}`, describeLimits(table, 'element'))
  return resources
}

function describeLimits({ min, max, shared, index, pageSize, imported }: Limits, unit: string): string {
  const most = max === undefined ? 'no maximum' : `at most ${max}`
  const size = pageSize === undefined ? '' : `, of ${pageSize} bytes`
  return `${min} ${unit}${min === 1 ? '' : 's'}${size}, ${most}${shared ? ', shared' : ''}${index === 'i64' ? ', 64-bit' : ''}${imported ? ', imported' : ''}`
}
