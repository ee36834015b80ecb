import { join } from 'node:path'

import { requireSafeFileName } from '../../artifact/title.ts'
import { WasmpackError } from '../../errors.ts'
import type { Digest } from '../../oci/digest.ts'

/** An artifact, and the title of its module if it has one. */
interface Titled {
  readonly source: { readonly title?: string | undefined }
  readonly manifest: { readonly digest: Digest }
}

/** The artifact that already claimed a file name. */
interface Owner {
  readonly reference: string
  readonly name: string
  readonly digest: Digest
}

/** A directory that the modules of one run go to, each under the name that its artifact gives it. */
export class OutputDirectory {
  readonly #path: string
  readonly #owners = new Map<string, Owner>()
  #earlier: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /**
   * The path for the artifact that a reference turns out to name. Names are given out in the order of the calls, however long
   * it takes to open each artifact; the same artifact may be named again. Throws USAGE where another one has the name, and
   * what opening throws.
   */
  claim(reference: string, opening: Promise<Titled>): Promise<string> {
    const earlier = this.#earlier
    const claimed = Promise.all([opening, earlier]).then(([opened]) => this.#give(reference, opened))
    this.#earlier = Promise.allSettled([earlier, claimed])
    return claimed
  }

  #give(reference: string, { source, manifest: { digest } }: Titled): string {
    const name = requireSafeFileName(source.title ?? `${digest.slice('sha256:'.length, 19)}.wasm`)
    // Also where the file system takes two spellings for one name.
    const key = name.normalize('NFC').toLowerCase()
    const owner = this.#owners.get(key) ?? { reference, name, digest }
    this.#owners.set(key, owner)
    if (owner.digest === digest) return join(this.#path, name)
    const other = `the other artifact ${owner.reference}${owner.name === name ? '' : ` (${owner.name})`}`
    throw new WasmpackError('USAGE', `its module is called ${name}, and so is that of ${other}`, {
      hint: 'pull one of them separately with -o FILE',
      details: { name, references: [owner.reference, reference] },
    })
  }
}
