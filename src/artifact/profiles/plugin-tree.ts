import { END, padding, writeTarHeader } from '../../tar/writing.ts'
import { compressTree } from './compress-tree.ts'
import { PLUGIN_FILE, type PluginTree } from './image.ts'

/** Writes the tree that holds nothing but the module. */
export const packPluginTree = (module: AsyncIterable<Uint8Array>, size: number): Promise<PluginTree> =>
  compressTree(writeTree(module, size))

async function* writeTree(module: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  yield writeTarHeader(PLUGIN_FILE, size, 0o755)
  yield* module
  yield padding(size)
  yield END
}
