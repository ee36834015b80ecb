import { Gzip } from 'fflate/browser'

import { Digester } from '../../oci/digest.ts'
import { ByteQueue } from '../../tar/byte-queue.ts'
import type { PluginTree } from './image.ts'

/** In bytes. The compressor's output depends on the pieces that it is given, so they are always the same. */
const PIECE = 1 << 20

/**
 * Compresses a tar with gzip: the same tar always gives the same bytes, on every Node. The compression is not Node's own, since
 * zlib's output changes with its version.
 */
export async function compressTree(tar: AsyncIterable<Uint8Array>): Promise<PluginTree> {
  const compressed: Uint8Array[] = []
  const gzip = new Gzip({ level: 6, mtime: 0 }, (chunk) => compressed.push(chunk))
  const digester = new Digester()
  const tree = new ByteQueue(tar)
  for (let piece = await tree.take(PIECE); piece.length > 0; piece = await tree.take(PIECE)) {
    digester.update(piece)
    gzip.push(piece)
  }
  gzip.push(new Uint8Array(), true)
  return { digest: digester.digest(), compressed: Buffer.concat(compressed) }
}
