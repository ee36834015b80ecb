import type { Manifest } from '../oci/manifest.ts'
import { BLOCK } from '../tar/header.ts'
import type { OpenBlob } from './open-blob.ts'
import { peek, startsContents } from './unpack-layer.ts'

/** In bytes, of one layer. */
const SIZE_LIMIT = 64 * 1024 * 1024

/** `{}`, the config of most referrers: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor */
const EMPTY_OBJECT = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'

/** Types of documents, which no host runs: statements, signatures, SBOMs. Their bytes are checked too. */
const DOCUMENT_TYPE = /^text\/|[/+.](?:json|xml|yaml|cose)$|^application\/(?:spdx|vnd\.cyclonedx|vnd\.syft)/

/** Whether a manifest announces documents only, by the types of its layers. */
export const announcesDocuments = ({ layers }: Manifest): boolean =>
  layers.every(({ mediaType }) => DOCUMENT_TYPE.test(mediaType))

/**
 * Why a manifest could hold something that runs, by the bytes of its config and its layers; undefined if all of them are text that is not
 * WebAssembly text, or a COSE signature. Signatures, attestations and SBOMs are.
 */
export async function findExecutableContent(
  { config, layers }: Manifest,
  open: OpenBlob,
): Promise<string | undefined> {
  for (const blob of [config, ...layers]) {
    if (blob.digest === EMPTY_OBJECT) continue
    const isDocument = blob.size <= SIZE_LIMIT && (await holdsDocument(open(blob)))
    if (!isDocument) return `holds ${blob.digest}, which is neither a text document nor a signature`
  }
  return undefined
}

/** The blob is read to its end, where its digest is verified. */
async function holdsDocument(chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let isText = true
  let start = ''
  const { head, all } = await peek(chunks, BLOCK)
  for await (const chunk of all) {
    if (!isText) continue
    try {
      const text = decoder.decode(chunk, { stream: true })
      if (text.includes('\0')) isText = false
      if (start === '') start = text.trimStart().slice(0, 1)
    } catch {
      isText = false
    }
  }
  // A name in the header of a tar can begin with any bytes.
  if (startsContents(head)) return false
  // COSE_Sign1, which Notation writes: https://www.rfc-editor.org/rfc/rfc9052#section-4.2
  if (head[0] === 0xd2 && head[1] === 0x84) return true
  // WebAssembly text starts with a parenthesis or a comment, and some hosts compile it.
  return isText && start !== '(' && start !== ';'
}
