import { createHash, createPrivateKey, createPublicKey, sign, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { listenOnLoopback, type LoopbackServer } from '../loopback-server.ts'

/**
 * Stands in for a certificate transparency log: promises to log every certificate (RFC 6962 sections 3.2 and 4.2), so that those
 * of Fulcio carry an SCT that verifiers accept, and logs none.
 */
export function startCtLog(keyFile: string): Promise<LoopbackServer> {
  const key = createPrivateKey(readFileSync(keyFile))
  const logId = sha256(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  return listenOnLoopback(({ method, url, body }) => {
    const isPrecertificate = url.endsWith('/ct/v1/add-pre-chain')
    if (method !== 'POST' || !(isPrecertificate || url.endsWith('/ct/v1/add-chain'))) return { status: 404 }
    const { chain } = JSON.parse(body.toString()) as { readonly chain: readonly string[] }
    const [certificate, issuer] = chain.map((der) => Buffer.from(der, 'base64'))
    const timestamp = Date.now()
    const entry =
      isPrecertificate && issuer !== undefined
        ? Buffer.concat([uint(1, 2), keyHash(issuer), withLength(removePoison(certificate!))])
        : Buffer.concat([uint(0, 2), withLength(certificate!)])
    const noExtensions = uint(0, 2)
    const signed = Buffer.concat([uint(0, 2), uint(timestamp, 8), entry, noExtensions])
    const signature = sign('sha256', signed, key)
    const SHA256_ECDSA = Buffer.from([4, 3])
    const answer = {
      sct_version: 0,
      id: logId.toString('base64'),
      timestamp,
      extensions: '',
      signature: Buffer.concat([SHA256_ECDSA, uint(signature.length, 2), signature]).toString('base64'),
    }
    return { status: 200, type: 'application/json', body: JSON.stringify(answer) }
  })
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

const keyHash = (certificate: Buffer): Buffer =>
  sha256(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' }))

function uint(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes.subarray(8 - size)
}

const withLength = (bytes: Buffer): Buffer => Buffer.concat([uint(bytes.length, 3), bytes])

/** The OID 1.3.6.1.4.1.11129.2.4.3 of the extension that makes a certificate a precertificate, in DER. */
const POISON = Buffer.from('060a2b06010401d679020403', 'hex')
const EXTENSIONS = 0xa3
const SEQUENCE = 0x30

/** The part of a precertificate that its certificate will have too: the TBSCertificate without the poison. */
function removePoison(certificate: Buffer): Buffer {
  const tbs = childrenOf(readElement(certificate, 0).content)[0]!
  const fields = childrenOf(tbs.content).map((field) => {
    if (field.tag !== EXTENSIONS) return field.bytes
    const kept = childrenOf(readElement(field.content, 0).content).filter(
      ({ content }) => !content.subarray(0, POISON.length).equals(POISON),
    )
    return writeElement(EXTENSIONS, writeElement(SEQUENCE, Buffer.concat(kept.map(({ bytes }) => bytes))))
  })
  return writeElement(SEQUENCE, Buffer.concat(fields))
}

interface DerElement {
  readonly tag: number
  readonly content: Buffer
  readonly bytes: Buffer
}

function readElement(bytes: Buffer, at: number): DerElement {
  const short = bytes[at + 1]!
  const sizeBytes = short < 0x80 ? 0 : short & 0x7f
  const size = sizeBytes === 0 ? short : bytes.readUIntBE(at + 2, sizeBytes)
  const start = at + 2 + sizeBytes
  return {
    tag: bytes[at]!,
    content: bytes.subarray(start, start + size),
    bytes: bytes.subarray(at, start + size),
  }
}

function childrenOf(content: Buffer): readonly DerElement[] {
  const found: DerElement[] = []
  for (let at = 0; at < content.length; at += found.at(-1)!.bytes.length) found.push(readElement(content, at))
  return found
}

function writeElement(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size =
    length < 0x80
      ? uint(length, 1)
      : Buffer.concat([Buffer.from([length < 0x100 ? 0x81 : 0x82]), uint(length, length < 0x100 ? 1 : 2)])
  return Buffer.concat([Buffer.from([tag]), size, content])
}
