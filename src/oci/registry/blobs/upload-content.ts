import { type UnhashedBlob, hashWhileReading, digestMismatch, verifyWhileReading } from '../../descriptor.ts'
import { type Digest, Digester } from '../../digest.ts'

/** The digest of uploaded content, if known; else a callback for it. */
export interface UploadDigest {
  readonly digest?: Digest
  /** Called with a digest that was not known from the start. */
  readonly onDigest?: ((digest: Digest) => void) | undefined
}

/** Content to upload. Its digest is known from the start or after the first read; later reads are verified against it. */
export class UploadContent {
  readonly size: number
  readonly #blob: UnhashedBlob
  readonly #onDigest: ((digest: Digest) => void) | undefined
  #digest: Digest | undefined

  constructor(blob: UnhashedBlob, { digest, onDigest }: UploadDigest = {}) {
    this.size = blob.size
    this.#blob = blob
    this.#digest = digest
    this.#onDigest = onDigest
  }

  /** The bytes from `offset` on; those before it are read and hashed too. */
  async *readFrom(offset: number): AsyncGenerator<Uint8Array> {
    const { size } = this
    const digester = new Digester()
    const bytes = this.#blob.open()
    let passed = 0
    for await (const chunk of this.#digest === undefined
      ? hashWhileReading(bytes, size, digester)
      : verifyWhileReading(bytes, { digest: this.#digest, size })) {
      const known = Math.min(chunk.length, Math.max(0, offset - passed))
      passed += chunk.length
      if (known < chunk.length) yield known === 0 ? chunk : chunk.subarray(known)
    }
    if (this.#digest === undefined) this.identify(digester.digest())
  }

  async getDigest(): Promise<Digest> {
    if (this.#digest === undefined) for await (const _ of this.readFrom(this.size));
    return this.#digest!
  }

  /** Sets the digest. Throws DIGEST_MISMATCH if an earlier read found another one. */
  identify(digest: Digest): void {
    if (this.#digest === digest) return
    if (this.#digest !== undefined) throw digestMismatch(`has the digest ${digest}`, this.#digest)
    this.#digest = digest
    this.#onDigest?.(digest)
  }

  describe(): string {
    return this.#digest === undefined ? 'a blob' : `blob ${this.#digest}`
  }

  /** Whether the digest is known. */
  get isKnown(): boolean {
    return this.#digest !== undefined
  }
}
