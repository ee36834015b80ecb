import { Gzip } from 'fflate/browser'

import { Digester } from '../../oci/digest.ts'
import { ByteQueue } from '../../tar/byte-queue.ts'
import { END, padding, writeTarHeader } from '../../tar/writing.ts'
import { PLUGIN_FILE, type PluginTree } from './image.ts'

/** In bytes. The compressor's output depends on the pieces that it is given, so they are always the same. */
const PIECE = 1 << 20

/**
 * Writes the tree: the same module always gives the same bytes, on every Node. The compression is not Node's own, since zlib's
 * output changes with its version.
 */
export async function packPluginTree(module: AsyncIterable<Uint8Array>, size: number): Promise<PluginTree> {
  const compressed: Uint8Array[] = []
  const gzip = new Gzip({ level: 6, mtime: 0 }, (chunk) => compressed.push(chunk))
  const digester = new Digester()
  const tree = new ByteQueue(writeTree(module, size))
  for (let piece = await tree.take(PIECE); piece.length > 0; piece = await tree.take(PIECE)) {
    digester.update(piece)
    gzip.push(piece)
  }
  gzip.push(new Uint8Array(), true)
  return { digest: digester.digest(), compressed: Buffer.concat(compressed) }
}

async function* writeTree(module: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  yield writeTarHeader(PLUGIN_FILE, size, 0o755)
  yield* module
  yield padding(size)
  yield END
}
