import { writeFile } from 'node:fs/promises'

import { getDigestHex } from '../../../src/oci/digest.ts'
import { describeManifest, type Manifest } from '../../../src/oci/manifest.ts'
import { blobFrom, emptyConfig, manifestOf } from '../artifacts.ts'

/** One entry of a tar as a test wants it, however wrong. */
export interface TarEntry {
  readonly name: string
  readonly content?: Uint8Array | string
  /** The type flag; a file by default. */
  readonly type?: string
  /** What the size field says, in place of the content's size. */
  readonly size?: number
  readonly link?: string
}

const padded = (bytes: Uint8Array): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])

function header({ name, type = '0', link = '' }: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0, 100)
  block.write('0000644\0', 100)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write(type, 156)
  block.write(link, 157, 100)
  block.write('ustar\u000000', 257)
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** The bytes of a tar, with the mark of its end or without. */
export function tarOf(entries: readonly TarEntry[], end = 1024): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? '')
    return [header(entry, entry.size ?? content.length), padded(content)]
  })
  return Buffer.concat([...parts, Buffer.alloc(end)])
}

/** PAX records for the entry that follows. */
export const pax = (records: Readonly<Record<string, string>>, type = 'x'): TarEntry => ({
  name: 'PaxHeaders/0',
  type,
  content: Object.entries(records)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`
      const length = [1, 2, 3, 4]
        .map((digits) => digits + Buffer.byteLength(rest))
        .find((n) => String(n).length + Buffer.byteLength(rest) === n)
      return `${length}${rest}`
    })
    .join(''),
})

export const blobEntry = (bytes: Uint8Array, hex: string): TarEntry => ({
  name: `blobs/sha256/${hex}`,
  content: bytes,
})

export const layer = blobFrom('a module')
export const thing: Manifest = manifestOf({ layers: [layer.descriptor] })

const indexText = JSON.stringify({
  schemaVersion: 2,
  manifests: [{ ...describeManifest(thing), annotations: { 'org.opencontainers.image.ref.name': 'v1' } }],
})

export const marker: TarEntry = { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' }
export const index: TarEntry = { name: 'index.json', content: indexText }
export const manifestEntry = blobEntry(thing.bytes, getDigestHex(thing.digest))
export const layerEntry = blobEntry(Buffer.from('a module'), getDigestHex(layer.descriptor.digest))
export const configEntry = blobEntry(Buffer.from('{}'), getDigestHex(emptyConfig.descriptor.digest))

/** What a whole archive of {@link thing} under the tag v1 consists of. */
export const whole: readonly TarEntry[] = [marker, index, manifestEntry, layerEntry, configEntry]

export const writeTar = (path: string, entries: readonly TarEntry[], end?: number): Promise<void> =>
  writeFile(path, tarOf(entries, end))
