import { type Source, hashed, mismatch, verified } from '../../descriptor.ts'
import { type Digest, Digester } from '../../digest.ts'

/** How the digest of what is uploaded is known: from the start, or to whoever hears of it. */
export interface Identity {
  readonly digest?: Digest
  /** Hears of a digest that was not known from the start. */
  readonly hashed?: ((digest: Digest) => void) | undefined
}

/** What is uploaded. Its digest is known from the start or once it was read, and every later reading is held to it. */
export class UploadContent {
  readonly size: number
  readonly #source: Source
  readonly #hashed: ((digest: Digest) => void) | undefined
  #digest: Digest | undefined

  constructor(source: Source, { digest, hashed }: Identity = {}) {
    this.size = source.size
    this.#source = source
    this.#digest = digest
    this.#hashed = hashed
  }

  /** The bytes after the first `offset`, which are read as well. */
  async *from(offset: number): AsyncGenerator<Uint8Array> {
    const { size } = this
    const digester = new Digester()
    const bytes = this.#source.open()
    let passed = 0
    for await (const chunk of this.#digest === undefined
      ? hashed(bytes, size, digester)
      : verified(bytes, { digest: this.#digest, size })) {
      const known = Math.min(chunk.length, Math.max(0, offset - passed))
      passed += chunk.length
      if (known < chunk.length) yield known === 0 ? chunk : chunk.subarray(known)
    }
    if (this.#digest === undefined) this.identify(digester.digest())
  }

  async digest(): Promise<Digest> {
    if (this.#digest === undefined) for await (const _ of this.from(this.size));
    return this.#digest!
  }

  /** What a reading found. Throws DIGEST_MISMATCH if an earlier one found something else. */
  identify(digest: Digest): void {
    if (this.#digest === digest) return
    if (this.#digest !== undefined) throw mismatch(`has the digest ${digest}`, this.#digest)
    this.#digest = digest
    this.#hashed?.(digest)
  }

  describe(): string {
    return this.#digest === undefined ? 'a blob' : `blob ${this.#digest}`
  }

  /** Whether it was read to its end, or announced. */
  get isKnown(): boolean {
    return this.#digest !== undefined
  }
}
