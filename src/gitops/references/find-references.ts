import type { EditableMap, EditableNode, EditableScalar } from '../../documents/editable-yaml.ts'
import { keyPath } from '../../documents/source-node.ts'
import type { Reader } from '../readers/readers.ts'
import { findFields, findMaps, type FoundField } from './field-path.ts'
import { type Place, PLACES, RUNTIME_CLASSES } from './places.ts'

/** What an object says of the artifact that it runs. */
export interface WasmReference {
  /** `WasmPlugin gateway/auth`, as far as the object has a kind, a namespace and a name. */
  readonly object: string
  readonly path: string
  readonly scalar: EditableScalar
  readonly scheme?: 'oci' | 'registry' | undefined
  /** The hexadecimal digits of the digest, repeated. */
  readonly checksum?: EditableScalar
  readonly reader?: Reader | undefined
  /** It is no reference, but code that no registry has. */
  readonly isCode?: true | undefined
}

export interface FindOptions {
  /** The pods of these RuntimeClasses run Wasm, besides those of {@link RUNTIME_CLASSES}. */
  readonly runtimeClasses?: readonly string[]
  /** Kinds of objects beside those that are known. */
  readonly places?: readonly Place[]
}

/** The Wasm references of the Kubernetes objects in a document: of one object, or of each in a list. */
export const findReferences = (
  document: EditableNode,
  { runtimeClasses = [], places = [] }: FindOptions = {},
): readonly WasmReference[] =>
  listObjects(document).flatMap((object) =>
    [...PLACES, ...places]
      .flatMap((place) => findAt(object, place))
      .concat(findPatchesOfCode(object), findInPods(object, [...RUNTIME_CLASSES, ...runtimeClasses])),
  )

/**
 * The objects of a document, which may be a list of them: whatever its kind, an object with `items` is a list for kubectl, Argo CD and
 * Flux.
 */
export function listObjects(document: EditableNode): readonly EditableMap[] {
  if (document.kind !== 'map') return []
  const seen = new Set<EditableMap>([document])
  const objects: EditableMap[] = []
  for (const object of seen) {
    const items = object.entries.get('items')
    if (items?.kind !== 'list') objects.push(object)
    else for (const item of items.items) if (item.kind === 'map') seen.add(item)
  }
  return objects
}

function findAt(object: EditableMap, { group, kinds, path, ...place }: Place): readonly WasmReference[] {
  if (readGroup(object) !== group || !kinds.includes(readText(object, 'kind') ?? '')) return []
  return findFields(object, path).map((field) => toReference(object, field, place))
}

/** JSON patches of an EnvoyPatchPolicy that reach into the code of a filter, whose other parts are not in the object. */
const findPatchesOfCode = (object: EditableMap): readonly WasmReference[] =>
  findAt(object, {
    group: 'gateway.envoyproxy.io',
    kinds: ['EnvoyPatchPolicy'],
    path: 'spec.jsonPatches[*].operation.path',
    isCode: true,
  }).filter(({ scalar: { value } }) => /\/code(?:\/|$)/.test(String(value)))

/** A pod template is a map with containers, in whatever kind it stands: Deployments, Rollouts, Knative Services and others. */
function findInPods(object: EditableMap, runtimeClasses: readonly string[]): readonly WasmReference[] {
  const pods = findMaps(object).filter(({ map }) => map.entries.get('containers')?.kind === 'list')
  return pods.flatMap(({ path, map }) => {
    const at = (field: string, reader: Reader): readonly WasmReference[] =>
      findFields(map, field).map((found) =>
        toReference(object, { ...found, path: keyPath(path, found.path) }, { reader }),
      )
    const runsWasm = runtimeClasses.includes(readText(map, 'runtimeClassName') ?? '')
    return (runsWasm ? CONTAINERS : [])
      .flatMap((field) => at(field, 'runwasi'))
      .concat(at('volumes[*].image.reference', 'image-volume'))
  })
}

const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers'].map((list) => `${list}[*].image`)

function toReference(
  object: EditableMap,
  { path, scalar, within }: FoundField,
  { scheme, checksum, reader, isCode }: Pick<Place, 'scheme' | 'checksum' | 'reader' | 'isCode'>,
): WasmReference {
  const repeated = checksum && within.at(-1 - checksum.above)?.entries.get(checksum.field)
  return {
    object: describeObject(object),
    path,
    scalar,
    scheme,
    ...(repeated?.kind === 'scalar' && { checksum: repeated }),
    reader,
    isCode,
  }
}

function describeObject(object: EditableMap): string {
  const metadata = object.entries.get('metadata')
  const names = metadata?.kind === 'map' ? [readText(metadata, 'namespace'), readText(metadata, 'name')] : []
  return [readText(object, 'kind'), names.filter((name) => name !== undefined).join('/')]
    .filter((word) => word !== undefined && word !== '')
    .join(' ')
}

function readGroup(object: EditableMap): string {
  const [group, version] = (readText(object, 'apiVersion') ?? '').split('/', 2)
  return version === undefined ? '' : group!
}

/** Without a line feed at the end: for Kubernetes' reader, a block scalar at the end of a file without one has none. */
function readText(map: EditableMap, key: string): string | undefined {
  const node = map.entries.get(key)
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value.replace(/\n$/, '') : undefined
}
