import type { EditableMap, EditableNode } from '../../documents/editable-yaml.ts'
import { listObjects } from './find-references.ts'

/** What is wrong with a document that should be a Kubernetes object, a List of them or empty; each completes "FILE ...". */
export function checkObject(document: EditableNode): readonly string[] {
  if (document.kind === 'scalar' && document.value === null) return []
  if (document.kind !== 'map') return ['has a document that is no object']
  const objects = listObjects(document)
  if (objects.length === 0) return ['has a List without objects']
  return objects.flatMap(findProblem)
}

function findProblem(object: EditableMap): readonly string[] {
  const missing = ['apiVersion', 'kind'].find((field) => !hasText(object, field))
  if (missing !== undefined) return [`has an object without ${missing}`]
  const metadata = object.entries.get('metadata')
  if (metadata?.kind === 'map' && (hasText(metadata, 'name') || hasText(metadata, 'generateName'))) return []
  const kind = object.entries.get('kind')
  return [
    `has a ${kind?.kind === 'scalar' ? String(kind.value).slice(0, 80) : 'thing'} without metadata.name`,
  ]
}

function hasText(map: EditableMap, field: string): boolean {
  const node = map.entries.get(field)
  return node?.kind === 'scalar' && typeof node.value === 'string' && node.value !== ''
}
