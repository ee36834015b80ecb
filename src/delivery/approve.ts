import { APPROVAL_LIST, createApprovalList } from '../attestations/approval-list.ts'
import { attachBundle } from '../attestations/attach.ts'
import { confirmAttached } from '../attestations/confirm-attached.ts'
import { signStatement } from '../attestations/sign-statement.ts'
import { CATALOG_DIGEST } from '../capabilities/catalog/catalog-digest.ts'
import { CATALOG_VERSION } from '../capabilities/catalog/catalog.ts'
import { type CapabilitySet, listCapabilities } from '../capabilities/diff/find-growth.ts'
import { APPROVAL_PREDICATE, buildApproval, readApproval } from '../capabilities/growth/approval.ts'
import { WasmpackError } from '../errors.ts'
import { type Digest, Digester, getDigestHex } from '../oci/digest.ts'
import type { Operation, Target } from '../oci/target.ts'
import { VERSION } from '../version.ts'
import { demandDigest } from './demand-digest.ts'
import type { Sink } from './files/sink.ts'
import { inspectArtifact, readEmbeddedCapabilities } from './inspect-subject.ts'
import type { SignRequest } from './sign.ts'

export interface ApproveRequest extends SignRequest {
  /** The repository that the approval is for, `host[:port]/name`, and where it is kept. */
  readonly approved: { readonly repository: string; readonly target: Target }
}

export interface ApproveResult {
  /** What was read. */
  readonly digest: Digest
  /** Of the manifest that attaches the approval to the list of the repository. */
  readonly approval: Digest
  readonly capabilities: CapabilitySet
}

/**
 * Reads the module of an artifact, and signs that modules of the repository may have its classes of capabilities, its imports that are
 * not in the catalogue, and the grants of its capability manifest. Every approval is a new one: the newest counts. Throws USAGE for a
 * tag; REGISTRY_REFUSED if the registry did not keep the approval.
 */
export async function approvePublished(
  { target, reference, name, flags, openSigning, signedAt, approved }: ApproveRequest,
  operation: Operation,
): Promise<ApproveResult> {
  const digest = await demandDigest({ target, reference }, name, { command: 'approve', flags }, operation)
  const module = new ModuleDigest()
  const subject = await inspectArtifact(target, digest, { verifier: 'ignored', sink: module }, operation)
  const embedded = readEmbeddedCapabilities(subject.opened)
  if (embedded instanceof WasmpackError) throw embedded
  const { inspection, opened } = subject
  const capabilities = listCapabilities({ inspection, capabilities: embedded })
  const predicate = buildApproval(
    { repository: approved.repository, approvedAt: signedAt, capabilities },
    {
      module: {
        digest: { sha256: getDigestHex(module.digest()) },
        kind: inspection.kind,
        size: inspection.size,
      },
      catalogue: { version: CATALOG_VERSION, digest: CATALOG_DIGEST },
      tool: { name: 'wasmpack', version: VERSION },
    },
  )
  const read = readApproval(predicate)
  if ('problem' in read)
    throw new WasmpackError('PREDICATE_INVALID', `the approval of ${subject.name} ${read.problem}`, {
      hint: 'it has an import whose name no grant can have',
    })
  const { signer, witnesses } = await openSigning()
  const statement = { predicateType: APPROVAL_PREDICATE, predicate, alsoAbout: [APPROVAL_LIST.digest] }
  const bundle = await signStatement(digest, statement, signer, witnesses)
  const attachment = { bundle, predicateType: APPROVAL_PREDICATE, created: signedAt }
  await createApprovalList(approved.target, operation)
  const attached = await attachBundle(approved.target, APPROVAL_LIST, attachment, operation)
  if (approved.target === target) await attachBundle(target, opened.manifest, attachment, operation)
  const kept = { digest: attached.digest, what: 'attestation' } as const
  await confirmAttached(approved.target, APPROVAL_LIST.digest, kept, '', operation)
  return { digest, approval: attached.digest, capabilities }
}

/** Hashes a module as it is read. */
class ModuleDigest implements Sink {
  #digester = new Digester()

  write(chunk: Uint8Array): Promise<void> {
    this.#digester.update(chunk)
    return Promise.resolve()
  }

  restart(): Promise<void> {
    this.#digester = new Digester()
    return Promise.resolve()
  }

  digest(): Digest {
    return this.#digester.digest()
  }
}
