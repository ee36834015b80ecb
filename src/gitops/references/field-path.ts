import type { EditableMap, EditableNode, EditableScalar } from '../../documents/editable-yaml.ts'
import { keyPath } from '../../documents/source-node.ts'
import type { ScalarFormat } from '../../documents/scalar-format.ts'

/** `spec.wasm[*].code.image.url`: names of fields, `[*]` for every item of a list, `*` for every field, `**` for any depth. */
export const FIELD_PATH: ScalarFormat = {
  pattern: String.raw`^(?:\*\*|\*|[A-Za-z_][A-Za-z0-9_-]*)(?:\[\*\])?(?:\.(?:\*\*|\*|[A-Za-z_][A-Za-z0-9_-]*)(?:\[\*\])?)*$`,
  expected: 'a path such as spec.components[*].image',
}

/** A scalar in an object, with the maps that it stands in, from the outermost on. */
export interface FoundField {
  readonly path: string
  readonly scalar: EditableScalar
  readonly within: readonly EditableMap[]
}

interface Step {
  readonly node: EditableNode
  readonly path: string
  readonly within: readonly EditableMap[]
}

/** The scalars at a path; each once, although aliases show it in several places. */
export function findFields(object: EditableNode, path: string): readonly FoundField[] {
  const words = path.replaceAll('[*]', '.[*]').split('.')
  let steps: readonly Step[] = [{ node: object, path: '', within: [] }]
  for (const word of words)
    steps = steps.flatMap((step) => (word === '**' ? listBelow(step) : listNext(step, word)))
  const seen = new Set<EditableNode>()
  return steps.flatMap(({ node, path, within }) => {
    if (node.kind !== 'scalar' || seen.has(node)) return []
    seen.add(node)
    return [{ path, scalar: node, within }]
  })
}

/** Every map in an object, with its path; each once. */
export const findMaps = (
  object: EditableNode,
): readonly { readonly path: string; readonly map: EditableMap }[] =>
  listBelow({ node: object, path: '', within: [] }).flatMap(({ node, path }) =>
    node.kind === 'map' ? [{ path, map: node }] : [],
  )

function listNext({ node, path, within }: Step, word: string): readonly Step[] {
  if (node.kind === 'list')
    return word === '[*]'
      ? node.items.map((item, at) => ({ node: item, path: `${path}[${at}]`, within }))
      : []
  if (node.kind !== 'map') return []
  const entries = word === '*' ? [...node.entries] : [...node.entries].filter(([key]) => key === word)
  return entries.map(([key, child]) => ({ node: child, path: keyPath(path, key), within: [...within, node] }))
}

/** The node itself and everything in it, without recursion: an alias can make a circle, and none makes the list longer. */
function listBelow(start: Step): readonly Step[] {
  const seen = new Set<EditableNode>([start.node])
  const found = [start]
  for (const step of found) {
    const children = [...listNext(step, '*'), ...listNext(step, '[*]')]
    for (const child of children)
      if (!seen.has(child.node)) {
        seen.add(child.node)
        found.push(child)
      }
  }
  return found
}
