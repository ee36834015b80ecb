import { WasmpackError } from '../../errors.ts'
import { collect } from '../descriptor.ts'
import { parseDocument } from '../document.ts'

const VERSION = '1.0.0'

/** What the file oci-layout of a layout says. https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#oci-layout-file */
export const MARKER = new TextEncoder().encode(JSON.stringify({ imageLayoutVersion: VERSION }))

/** Throws ARTIFACT_MALFORMED unless the file says that it marks a layout of the one version that there is. */
export async function checkMarker(chunks: AsyncIterable<Uint8Array>, name: string): Promise<void> {
  const what = `oci-layout of ${name}`
  const version = parseDocument(await collect(chunks, 4096, what), what)['imageLayoutVersion']
  if (version === VERSION) return
  throw new WasmpackError(
    'ARTIFACT_MALFORMED',
    `${what} has the version ${JSON.stringify(version)?.slice(0, 40)}, not ${JSON.stringify(VERSION)}`,
    { hint: `${name} is no OCI layout, or one of a kind that is not known yet` },
  )
}
