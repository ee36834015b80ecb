import type { CapabilitySpec } from '../manifest/manifest.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'

/** A constraint that differs between two capability manifests. */
export interface ConstraintChange {
  /** Its path below `spec`: `limits.memory.maxPages`. */
  readonly constraint: string
  /** As YAML; absent if there is no constraint. */
  readonly old?: string
  readonly new?: string
}

/** Compares everything in `spec` except grants. */
export function diffConstraints(
  old: CapabilitySpec | undefined,
  now: CapabilitySpec | undefined,
): ConstraintChange[] {
  const [before, after] = [listConstraints(old), listConstraints(now)]
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((constraint) => {
    const [was, is] = [before.get(constraint), after.get(constraint)]
    if (was === is) return []
    return [{ constraint, ...(was !== undefined && { old: was }), ...(is !== undefined && { new: is }) }]
  })
}

function listConstraints(spec: CapabilitySpec | undefined): Map<string, string> {
  const constraints = new Map<string, string>()
  if (spec === undefined) return constraints
  const { grants: _, hostInterfaces: __, onUnknownImport: ___, ...rest } = spec
  const add = (path: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [key, child] of Object.entries(value)) add(`${path}.${key}`, child)
    else constraints.set(path, toYamlFlow(Array.isArray(value) ? [...value].sort() : value))
  }
  for (const [key, value] of Object.entries(rest)) add(key, value)
  return constraints
}
