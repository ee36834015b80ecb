import { WasmpackError } from '../../errors.ts'
import { collect } from '../descriptor.ts'
import { parseDocument } from '../document.ts'

const VERSION = '1.0.0'

/** The content of the file oci-layout. https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#oci-layout-file */
export const MARKER = new TextEncoder().encode(JSON.stringify({ imageLayoutVersion: VERSION }))

/** Throws ARTIFACT_MALFORMED unless the marker has version 1.0.0, the only one. */
export async function checkMarker(chunks: AsyncIterable<Uint8Array>, name: string): Promise<void> {
  const what = `oci-layout of ${name}`
  const version = parseDocument(await collect(chunks, 4096, what), what)['imageLayoutVersion']
  if (version === VERSION) return
  throw new WasmpackError(
    'ARTIFACT_MALFORMED',
    `${what} has the version ${JSON.stringify(version)?.slice(0, 40)}, not ${JSON.stringify(VERSION)}`,
    { hint: `${name} is not an OCI layout, or has an unsupported version` },
  )
}
