import { collectUpTo } from '../collect.ts'
import { WasmpackError } from '../errors.ts'
import { type Digest, Digester, getDigestAlgorithm, parseDigest } from './digest.ts'
import { isRecord } from '../json.ts'
import { malformedDocument, parseAnnotations, refuseOtherCase } from './document.ts'

/** The media type, digest and size in bytes of some content. https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: Readonly<Record<string, unknown>>
}

/** Content that can be read repeatedly, for retries. */
export interface Blob {
  readonly descriptor: Descriptor
  /** A new stream of the bytes that the descriptor describes. */
  open(): AsyncIterable<Uint8Array>
}

/** Content whose digest is unknown until it was read; it can be read repeatedly, for retries. */
export interface UnhashedBlob {
  /** In bytes. */
  readonly size: number
  /** A new stream of `size` bytes. If it throws, even at its end, nothing is stored. */
  open(): AsyncIterable<Uint8Array>
}

const FIELDS = ['mediaType', 'digest', 'size', 'artifactType', 'annotations', 'platform', 'data']
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/

/** RFC 6838 */
export const isMediaType = (text: string): boolean => MEDIA_TYPE.test(text)

/** Parses a descriptor from JSON; `where` names its place for errors. Throws ARTIFACT_MALFORMED. */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  const malformed = (problem: string): WasmpackError => malformedDocument(where, problem)
  if (!isRecord(value)) throw malformed('is not a descriptor')
  refuseOtherCase(value, FIELDS, where)
  const { mediaType, size, artifactType, annotations, platform, data } = value
  if (typeof mediaType !== 'string' || !isMediaType(mediaType)) throw malformed('has no valid mediaType')
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw malformed('has no valid size')
  if (artifactType !== undefined && typeof artifactType !== 'string')
    throw malformed('has an artifactType that is not a string')
  const digest = parseDigest(value['digest'], `${where}.digest`)
  // Some readers take it in place of the content.
  if (data !== undefined && data !== null && !isContent(data, digest))
    throw malformed('has data that is not its content')
  return {
    mediaType,
    digest,
    size,
    ...(artifactType ? { artifactType } : {}),
    ...(annotations === undefined || annotations === null
      ? {}
      : { annotations: parseAnnotations(annotations, `${where}.annotations`) }),
    ...(isRecord(platform) ? { platform } : {}),
  }
}

function isContent(data: unknown, digest: Digest): boolean {
  if (typeof data !== 'string') return false
  const digester = new Digester(getDigestAlgorithm(digest))
  digester.update(Buffer.from(data, 'base64'))
  return digester.digest() === digest
}

/**
 * Passes a stream through and throws DIGEST_MISMATCH unless it has the digest and size of the descriptor. A stream that is too
 * long is stopped at the first excess byte. The last chunk is yielded before the digest is checked, so trust nothing before
 * the stream has ended.
 */
export async function* verifyWhileReading(
  chunks: AsyncIterable<Uint8Array>,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
): AsyncGenerator<Uint8Array> {
  const digester = new Digester(getDigestAlgorithm(digest))
  yield* hashWhileReading(chunks, size, digester, digest)
  const found = digester.digest()
  if (found !== digest) throw digestMismatch(`has the digest ${found}`, digest)
}

/** Passes a stream through the digester, and throws DIGEST_MISMATCH unless it has the expected size. */
export async function* hashWhileReading(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  digester: Digester,
  announced?: Digest,
): AsyncGenerator<Uint8Array> {
  let found = 0
  for await (const chunk of chunks) {
    found += chunk.length
    if (found > size) throw digestMismatch(`is longer than its ${size} bytes`, announced)
    digester.update(chunk)
    yield chunk
  }
  if (found < size) throw digestMismatch(`ends after ${found} of ${size} bytes`, announced)
}

/** The hint of every DIGEST_MISMATCH. */
export const DAMAGED = 'the content was corrupted or tampered with; nothing was kept'

/** The error for content with another digest or size than expected. */
export const digestMismatch = (found: string, expected: Digest | undefined): WasmpackError =>
  new WasmpackError('DIGEST_MISMATCH', `content${expected === undefined ? '' : ` of ${expected}`} ${found}`, {
    hint: DAMAGED,
    ...(expected === undefined ? {} : { details: { expected } }),
  })

/** Collects a stream that is known to be small. Throws ARTIFACT_MALFORMED above `limit` bytes. */
export async function collect(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  what: string,
): Promise<Uint8Array> {
  const bytes = await collectUpTo(chunks, limit)
  if (bytes !== undefined) return bytes
  throw new WasmpackError('ARTIFACT_MALFORMED', `${what} is larger than ${limit} bytes`, {
    hint: 'the rest was not read',
  })
}

/** A stream of one chunk. */
export async function* streamBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** A blob of bytes in memory. */
export const createBlob = (bytes: Uint8Array, descriptor: Descriptor): Blob => ({
  descriptor,
  open: () => streamBytes(bytes),
})
