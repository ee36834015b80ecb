import { WasmpackError } from '../errors.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'

/** One block of a PEM file. https://www.rfc-editor.org/rfc/rfc7468 */
export interface PemBlock {
  readonly label: string
  readonly bytes: Uint8Array
}

const FILE_LIMIT = 64 * 1024
const BEGIN = '-----BEGIN '
const END = '-----END '
const DASHES = '-----'
/** https://www.rfc-editor.org/rfc/rfc1421#section-4.6.1.1 */
const OLD_ENCRYPTION = /^\s*Proc-Type: *4, *ENCRYPTED/
const DECRYPT =
  'decrypt it and let cosign encrypt it again: openssl pkey -in KEY -out plain.key && cosign import-key-pair --key plain.key'

/**
 * The one block of a PEM file. Skips text around it and the EC PARAMETERS that `openssl ecparam` writes before a key. Throws
 * KEY_INVALID; `what` begins the message.
 */
export function readPem(text: string, what: string): PemBlock {
  const invalid = (
    problem: string,
    hint = 'a key is a PEM file, as wasmpack generate-key-pair and cosign generate-key-pair write it',
  ): WasmpackError => new WasmpackError('KEY_INVALID', `${what} ${problem}`, { hint })
  if (text.length > FILE_LIMIT) throw invalid(`is larger than ${FILE_LIMIT} bytes`)
  const blocks: PemBlock[] = []
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    const labelEnd = text.indexOf(DASHES, at + BEGIN.length)
    const label = text.slice(at + BEGIN.length, labelEnd)
    const footer = `${END}${label}${DASHES}`
    const bodyEnd = text.indexOf(footer, labelEnd + DASHES.length)
    if (labelEnd < 0 || bodyEnd < 0) throw invalid('is a truncated PEM file')
    const body = text.slice(labelEnd + DASHES.length, bodyEnd)
    if (OLD_ENCRYPTION.test(body))
      throw invalid(
        'is encrypted in a form of OpenSSL that is not supported (Proc-Type: 4,ENCRYPTED)',
        DECRYPT,
      )
    const bytes = decodeBase64(body.replaceAll(/\s/g, ''))
    if (bytes === undefined) throw invalid('is a PEM file whose content is not base64')
    if (label !== 'EC PARAMETERS') blocks.push({ label, bytes })
    at = bodyEnd + footer.length
  }
  if (blocks.length === 0) throw invalid('is not a PEM file')
  if (blocks.length > 1) throw invalid(`holds ${blocks.length} keys or certificates instead of one key`)
  return blocks[0]!
}

/** The text of a block, in lines of 64 characters with a final line feed. */
export function writePem({ label, bytes }: PemBlock): string {
  const lines = encodeBase64(bytes).match(/.{1,64}/g) ?? []
  return [`${BEGIN}${label}${DASHES}`, ...lines, `${END}${label}${DASHES}`, ''].join('\n')
}
