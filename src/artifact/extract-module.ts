import type { Manifest } from '../oci/manifest.ts'
import { ANNOTATION_TITLE } from '../oci/media-types.ts'
import { collectUpTo } from '../collect.ts'
import { readTarEntries } from '../tar/entries.ts'
import { requireEntryPoint } from './entry-point.ts'
import { FileTree } from './file-tree.ts'
import { IMAGE_CONFIGS, isTreeLayer } from './profiles/image.ts'
import type { OpenBlob } from './open-blob.ts'
import { MODULE_LAYERS } from './profiles/profiles.ts'
import {
  AMBIGUOUS,
  DAMAGED,
  malformedLayer,
  peek,
  startsModule,
  UNPACKED_SIZE_LIMIT,
  unpackLayer,
} from './unpack-layer.ts'

const LAYERS_LIMIT = 128
/** In bytes. */
const CONFIG_LIMIT = 4 * 1024 * 1024

/**
 * The bytes of the only module in all layers of an artifact, whatever its name: a layer is the module itself, or a tar of files, each as it
 * is or in gzip. Modules count by their first bytes, so one under another name or in a lower layer is a second one. Nothing that was read
 * counts before the end: only then it is known that there is no other module, and that the image config starts this one.
 * Throws ARTIFACT_MALFORMED.
 */
export async function* extractModule(
  manifest: Pick<Manifest, 'config' | 'layers'>,
  open: OpenBlob,
  limit: number = UNPACKED_SIZE_LIMIT,
): AsyncGenerator<Uint8Array> {
  const { config, layers } = manifest
  if (layers.length > LAYERS_LIMIT)
    throw malformedLayer(`is one of more than ${LAYERS_LIMIT}`, 'build the image with fewer layers')
  const budget = { limit, used: 0 }
  const tree = new FileTree()
  let found: { readonly path?: string } | undefined
  let hasTree = false
  const find = (path?: string): void => {
    if (found !== undefined)
      throw malformedLayer(
        `holds a second module${describe(path)} beside the first${describe(found.path)}`,
        AMBIGUOUS,
      )
    found = path === undefined ? {} : { path }
  }
  for (const layer of layers) {
    if (MODULE_LAYERS.has(layer.mediaType)) {
      find()
      yield* open(layer)
      continue
    }
    const { kind, bytes } = await unpackLayer(open(layer), budget)
    if (kind === 'module') {
      find()
      yield* bytes
    } else if (kind === 'tree' || (isTreeLayer(layer) && IMAGE_CONFIGS.has(config.mediaType))) {
      hasTree = true
      tree.startLayer()
      for await (const entry of readTarEntries(bytes, (problem) => malformedLayer(problem, DAMAGED))) {
        const { head, all } = await peek(entry.content, 4)
        const isModule = startsModule(head)
        tree.add(entry, isModule)
        if (!isModule) continue
        find(entry.path)
        yield* all
      }
    } else {
      const title = layer.annotations?.[ANNOTATION_TITLE] ?? ''
      // Hosts compile text under such a name, too.
      if (/\.wa(?:sm|t)$/i.test(title))
        throw malformedLayer(
          `is ${JSON.stringify(title.slice(0, 80))}, which is not a WebAssembly module`,
          AMBIGUOUS,
        )
      for await (const _ of bytes);
    }
  }
  if (found === undefined)
    throw malformedLayer(
      'holds no module',
      'check the reference: it may name a container image, or a bundle of gitops push',
    )
  if (!hasTree) return
  tree.check(found.path)
  const text = await collectUpTo(open(config), CONFIG_LIMIT)
  if (text === undefined)
    throw malformedLayer(`has an image config of more than ${CONFIG_LIMIT} bytes`, DAMAGED)
  requireEntryPoint(text, found.path, tree)
}

const describe = (path: string | undefined): string =>
  path === undefined ? '' : ` (${JSON.stringify(path.slice(0, 80))})`
