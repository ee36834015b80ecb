import { createHash } from 'node:crypto'

/** The name space of URLs. https://www.rfc-editor.org/rfc/rfc9562#section-6.6 */
const URLS = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')

/** A UUID of version 5 for a document: the same content has the same one, and no other content has it. */
export function computeDocumentId(content: object): string {
  const name = `https://wasmpack.dev/sbom/${JSON.stringify(content)}`
  const hash = createHash('sha1').update(URLS).update(name).digest().subarray(0, 16)
  hash[6] = (hash[6]! & 0x0f) | 0x50
  hash[8] = (hash[8]! & 0x3f) | 0x80
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
