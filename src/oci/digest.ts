import { createHash, type Hash } from 'node:crypto'

import { WasmpackError } from '../errors.ts'

/**
 * A content digest, `algorithm:lower-case hex`; sha256 is the only one written, sha512 is accepted on read.
 * Only {@link parseDigest} and {@link computeDigest} make one, so a digest is always safe in a path or a URL.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 */
export type Digest = string & { readonly __brand: 'Digest' }

export type DigestAlgorithm = 'sha256' | 'sha512'

const GRAMMAR = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/

export const isDigest = (text: string): text is Digest => GRAMMAR.test(text)

/** Throws ARTIFACT_MALFORMED for anything but a sha256 or sha512 digest; `where` names the field for errors. */
export function parseDigest(text: unknown, where = 'digest'): Digest {
  if (typeof text === 'string' && isDigest(text)) return text
  throw new WasmpackError(
    'ARTIFACT_MALFORMED',
    `${where} is ${JSON.stringify(text)?.slice(0, 160)}, not a digest`,
    {
      hint: 'a digest is sha256: and 64 lower-case hexadecimal digits (or sha512: and 128)',
    },
  )
}

export const getDigestAlgorithm = (digest: Digest): DigestAlgorithm => digest.slice(0, 6) as DigestAlgorithm

/** The hexadecimal part. */
export const getDigestHex = (digest: Digest): string => digest.slice(7)

/**
 * The tag under which a registry without the referrers API keeps the index of a manifest's referrers.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
export const formatReferrersTag = (digest: Digest): string =>
  `${getDigestAlgorithm(digest)}-${getDigestHex(digest).slice(0, 64)}`

/** Hashes a stream in chunks. */
export class Digester {
  readonly #hash: Hash
  readonly #algorithm: DigestAlgorithm

  constructor(algorithm: DigestAlgorithm = 'sha256') {
    this.#algorithm = algorithm
    this.#hash = createHash(algorithm)
  }

  update(bytes: Uint8Array): this {
    this.#hash.update(bytes)
    return this
  }

  /** May be called once. */
  digest(): Digest {
    return `${this.#algorithm}:${this.#hash.digest('hex')}` as Digest
  }
}

export const computeDigest = (bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest =>
  new Digester(algorithm).update(bytes).digest()
