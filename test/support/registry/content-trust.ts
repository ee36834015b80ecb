import { type Reply, refusal } from './asked.ts'
import { type Document, parse } from './documents.ts'
import type { Repository, StoredManifest } from './store.ts'

export interface ContentTrustSwitches {
  /** What a manifest has to be signed with to be served, each by itself; 412 without (Harbor). True is cosign. */
  readonly contentTrust?: boolean | 'cosign' | 'notation'
  /** Tags, digests and artifact types that are answered with 412 whatever is signed. */
  readonly withheld?: readonly string[]
}

const SIGNATURES = {
  cosign: ({ artifactType }: Document) => artifactType === 'application/vnd.dev.sigstore.bundle.v0.3+json',
  notation: ({ config }: Document) => config?.mediaType === 'application/vnd.cncf.notary.signature',
} as const

/** The refusal of a manifest that is not signed; signatures themselves are served. */
export function refuseUntrusted(
  repository: Repository,
  digest: string,
  stored: StoredManifest,
  reference: string,
  { contentTrust = false, withheld = [] }: ContentTrustSwitches,
): Reply | undefined {
  const document = parse(stored.bytes)
  const named = [reference, digest, document.artifactType ?? document.config?.mediaType ?? '']
  const kind = contentTrust === true || contentTrust === false ? 'cosign' : contentTrust
  const trusted = contentTrust === false || isTrusted(repository, digest, document, kind)
  if (trusted && !named.some((name) => withheld.includes(name))) return undefined
  return refusal(412, 'PROJECTPOLICYVIOLATION', `The image is not signed by ${kind}.`)
}

/** Harbor looks whether there is a signature, never at the signature; one of cosign may be under its old tag. */
function isTrusted(
  repository: Repository,
  digest: string,
  document: Document,
  kind: 'cosign' | 'notation',
): boolean {
  const isSignature = (other: Document): boolean => other.subject !== undefined && SIGNATURES[kind](other)
  const legacy = kind === 'cosign' ? [...repository.tags].filter(([tag]) => tag.endsWith('.sig')) : []
  return (
    isSignature(document) ||
    legacy.some(([tag, named]) => named === digest || tag === `${digest.replace(':', '-')}.sig`) ||
    [...repository.manifests.values()].some((other) => {
      const candidate = parse(other.bytes)
      return candidate.subject?.digest === digest && isSignature(candidate)
    })
  )
}
