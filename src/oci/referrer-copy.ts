import { WasmpackError } from '../errors.ts'
import { inParallel, turnstile } from '../in-parallel.ts'
import { type CosignTags, findCosignTags, hasCosignTag } from './cosign-tags.ts'
import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { findUnlisted } from './find-unlisted.ts'
import type { Index, Manifest } from './manifest.ts'
import { catchWithheld, type ReferrersOperation, undefinedIfNotFound } from './target.ts'
import { type CopyRoute, type TreeCopy } from './tree-copy.ts'

/** A referrer that the source lists, but that could not be copied. */
export interface SkippedReferrer {
  /** Absent for a tag of cosign whose manifest is withheld. */
  readonly digest?: Digest
  /** The tag of cosign that is withheld. */
  readonly tag?: string
  readonly reason: string
}

/** The referrers of an artifact, or of a part of it, at the source. */
export interface SubjectReferrers {
  readonly subject: Digest
  readonly listed: readonly Descriptor[]
  readonly cosign: CosignTags
}

const AT_ONCE = 4
const WITHHELD = 'is withheld by a policy of the registry'
/** More is treated as a denial-of-service attempt. */
const REFERRERS_LIMIT = 1000
/** Limit for referrers of referrers. */
const DEPTH_LIMIT = 8

/** Finds the referrers of a subject by `subject` field and by tags of cosign. */
export async function findSubjectReferrers(
  source: CopyRoute['source'],
  subject: Digest,
  operation: ReferrersOperation,
): Promise<SubjectReferrers> {
  const { onUnreadable } = operation
  // A registry that is away for a while must not cost a signature.
  const reportRefused = (problem: WasmpackError): void => {
    if (problem.code === 'UNAVAILABLE') throw problem
    onUnreadable?.(problem)
  }
  const [listed, cosign] = await Promise.all([
    source.referrers(subject, operation),
    findCosignTags(source, subject, onUnreadable ? { ...operation, onUnreadable: reportRefused } : operation),
  ])
  return { subject, listed, cosign }
}

/** Copies referrers recursively. */
export class ReferrerCopy {
  readonly #route: CopyRoute
  readonly #tree: TreeCopy
  readonly #operation: ReferrersOperation
  readonly #seen = new Set<Digest>()
  /** One at a time: with a fallback tag, each push changes the same list. */
  readonly #attaching = turnstile(1)
  /** Written to the subject that is being copied, and not seen in its list yet. */
  readonly #attached: Digest[] = []
  readonly skipped: SkippedReferrer[] = []
  /** Referrers that the destination has. */
  total = 0
  /** Referrers among them that were copied. */
  written = 0

  constructor(route: CopyRoute, tree: TreeCopy, operation: ReferrersOperation) {
    this.#route = route
    this.#tree = tree
    this.#operation = operation
  }

  /**
   * `isNew`: the destination lacked the subject, so its referrers there are not looked up. Throws REGISTRY_REFUSED if the destination
   * accepts referrers and does not list them.
   */
  async copy({ subject, listed, cosign }: SubjectReferrers, isNew: boolean): Promise<void> {
    const { destination } = this.#route
    this.#seen.add(subject)
    for (const { manifest } of cosign.found) this.#seen.add(manifest.digest)
    await this.#copyReferrers(subject, listed, isNew, 1)
    await this.#confirm(subject)
    for (const tag of cosign.withheld) this.skipped.push({ tag, reason: WITHHELD })
    for (const one of cosign.found) {
      if (await this.#skipObstructed(one.manifest, one.manifest.digest)) continue
      this.total++
      if (await hasCosignTag(destination, one, this.#operation)) continue
      await this.#tree.copyDependencies(one.manifest)
      await destination.pushManifest(one.manifest, one.tag, this.#operation)
      this.written++
    }
  }

  async #copyReferrers(
    subject: Digest,
    listed: readonly Descriptor[],
    isNew: boolean,
    depth: number,
  ): Promise<void> {
    const fresh: Descriptor[] = []
    for (const descriptor of listed)
      if (!this.#seen.has(descriptor.digest)) {
        this.#seen.add(descriptor.digest)
        fresh.push(descriptor)
      }
    if (fresh.length === 0) return
    if (this.#seen.size > REFERRERS_LIMIT || depth > DEPTH_LIMIT) throw this.#tooMany(subject)
    // What the destination does not list is written again.
    const lookup = { signal: this.#operation.signal, onUnreadable: () => {} }
    const held = isNew ? [] : await this.#route.destination.referrers(subject, lookup)
    const there = new Set(held.map(({ digest }) => digest))
    await inParallel(fresh, AT_ONCE, ({ digest }) =>
      this.#copyReferrer(subject, digest, there.has(digest), depth),
    )
  }

  async #copyReferrer(subject: Digest, digest: Digest, isThere: boolean, depth: number): Promise<void> {
    const { source, destination, trustsExistingManifests } = this.#route
    if (!isThere || !trustsExistingManifests) {
      const manifest = await catchWithheld(undefinedIfNotFound(source.manifest(digest, this.#operation)))
      if (manifest === 'withheld') return void this.skipped.push({ digest, reason: WITHHELD })
      if (manifest?.subject?.digest !== subject) {
        const reason = manifest === undefined ? 'listed, but not found' : 'has another subject'
        return void this.skipped.push({ digest, reason })
      }
      if (await this.#skipObstructed(manifest, digest)) return
      const [further] = await Promise.all([
        source.referrers(digest, this.#operation),
        this.#tree.copyDependencies(manifest),
      ])
      await this.#attaching(() =>
        destination.pushManifest({ ...manifest, digest }, undefined, this.#operation),
      )
      this.#add(isThere)
      if (!isThere && depth === 1) this.#attached.push(digest)
      return this.#copyReferrers(digest, further, !isThere, depth + 1)
    }
    this.#add(true)
    const further = await source.referrers(digest, this.#operation)
    await this.#copyReferrers(digest, further, false, depth + 1)
  }

  async #confirm(subject: Digest): Promise<void> {
    const attached = this.#attached.splice(0)
    if (attached.length === 0) return
    const { name } = this.#route.destination
    const missing = await findUnlisted(this.#route.destination, subject, attached, this.#operation)
    if (missing === undefined) return
    throw new WasmpackError(
      'REGISTRY_REFUSED',
      `${name} accepted the referrer ${missing}, but does not list it as a referrer of ${subject}; no tag was written`,
      {
        hint: 'the registry may not keep referrers, or delete what has no tag: use another one, or copy with --without-referrers',
        details: { subject, referrer: missing },
      },
    )
  }

  async #skipObstructed(manifest: Manifest | Index, digest: Digest): Promise<boolean> {
    const reason = await this.#route.findObstacle?.(manifest)
    if (reason !== undefined) this.skipped.push({ digest, reason })
    return reason !== undefined
  }

  #add(wasThere: boolean): void {
    this.total++
    if (!wasThere) this.written++
  }

  #tooMany(subject: Digest): WasmpackError {
    return new WasmpackError(
      'ARTIFACT_MALFORMED',
      `${this.#route.source.name}@${subject} has more than ${REFERRERS_LIMIT} referrers, or more than ${DEPTH_LIMIT} levels of them`,
      { hint: 'delete referrers that others attached, or copy with --without-referrers' },
    )
  }
}
