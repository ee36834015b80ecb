import type { Shape } from '../types/shape.ts'
import { NESTING_LIMIT, type Quota } from '../binary/limits.ts'
import { createMalformedError } from '../binary/malformed.ts'

/**
 * The items that an instance of a type must have: functions by name, functions of instances inside as `instance/function`,
 * other items except types as `kind name`. The quota bounds the work, since types may share other types many times.
 */
export function listRequiredItems(type: Shape, quota: Quota, offset: number): readonly string[] {
  const items: string[] = []
  const list = (shape: Shape, prefix: string, depth: number): void => {
    if (depth > NESTING_LIMIT)
      throw createMalformedError(
        `instances in an imported instance are nested deeper than ${NESTING_LIMIT}`,
        offset,
      )
    quota.spend('imported items', shape.exports.size, offset)
    for (const [name, entity] of shape.exports) {
      if (entity.kind === 'type') continue
      if (entity.kind === 'instance') {
        list(entity.type.definition, `${prefix}${name}/`, depth + 1)
        continue
      }
      const item = entity.kind === 'func' ? prefix + name : `${entity.kind} ${prefix}${name}`
      quota.spend('characters of names and types', item.length, offset)
      items.push(item)
    }
  }
  list(type, '', 0)
  return items
}
