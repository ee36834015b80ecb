import { deletable, planRemoval, remove, type RemovalPlan } from '../delivery/removal.ts'
import { WasmpackError } from '../errors.ts'
import type { Reference } from '../oci/reference.ts'
import { confirm } from './cli/confirm.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { readOpener, type TransportFlags, addTransportOptions } from './flags/transport.ts'

interface Flags extends OutputFlags, TransportFlags {
  readonly yes?: boolean
  readonly withReferrers?: boolean
}

export const deleteCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Delete a tag and keep the artifact, or delete an artifact by digest with every tag that points to it. Lists what will be
deleted and asks for confirmation. Blobs are left to the registry's garbage collection.`,
    )
    .argument('<reference>', 'REPOSITORY:TAG or REPOSITORY@DIGEST')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--with-referrers', 'also delete signatures, attestations and other referrers of the artifact')
    .action(async (text: string, flags: Flags) => {
      const context = createContext(flags)
      const { reporter, signal } = context
      const { reference, name } = parseTagOrDigest(text)
      rejectTagWithDigest(text, reference, flags)
      const openTarget = await readOpener(flags, context, 'delete')
      const target = deletable(await openTarget(reference))
      const plan = await planRemoval(target, name, { signal })
      const byTag = reference.digest === undefined
      const referrers = flags.withReferrers ? plan.referrers : []
      const what = byTag ? `the tag ${text}` : describeDeleted(text, plan, referrers)
      const stays = byTag ? ' (the artifact stays)' : describeKept(plan, referrers)
      if (!flags.yes) await confirm(`Delete ${what}${stays}?`, '--yes', signal)
      await remove(target, name, { ...plan, referrers }, { signal })
      const { digest, tags } = plan
      const kept = plan.referrers.length - referrers.length
      reporter.result(
        {
          repository: target.name,
          digest,
          deleted: byTag ? 'tag' : 'artifact',
          tags,
          referrers: referrers.map((referrer) => referrer.digest),
        },
        `deleted ${what}`,
      )
      if (kept > 0) reporter.notice(`left in the repository: ${describeReferrerCounts(plan.referrers)}`)
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack delete registry.example.com/team/app:1.0.0-rc.1',
    'wasmpack delete registry.example.com/team/app@sha256:... --with-referrers --yes',
  )
}

function rejectTagWithDigest(text: string, { tag, digest }: Reference, { withReferrers }: Flags): void {
  if (tag !== undefined && digest !== undefined)
    throw new WasmpackError('USAGE', `${text} has both a tag and a digest`, {
      hint: 'name the tag to delete the tag, or the digest to delete the artifact',
    })
  if (digest === undefined && withReferrers)
    throw new WasmpackError('USAGE', '--with-referrers goes with an artifact, and a tag was named', {
      hint: 'a tag alone leaves the artifact and what refers to it; name the artifact by its digest',
    })
}

type Referrers = RemovalPlan['referrers']

/** An artifact with all that is deleted along with it. */
function describeDeleted(artifact: string, { tags }: RemovalPlan, going: Referrers): string {
  const parts = [
    ...(tags.length === 0 ? [] : [`${tags.length === 1 ? 'its tag' : 'its tags'} ${tags.join(', ')}`]),
    ...(going.length === 0 ? [] : [describeReferrerCounts(going)]),
  ]
  return parts.length === 0 ? artifact : `${artifact} with ${parts.join(' and ')}`
}

function describeKept({ tags, referrers }: RemovalPlan, going: Referrers): string {
  const left = referrers.slice(going.length)
  return `${tags.length === 0 ? ' (no tag names it)' : ''}${left.length === 0 ? '' : `, but not ${describeReferrerCounts(left)}`}`
}

function describeReferrerCounts(referrers: Referrers): string {
  const count = (kind: string): number => referrers.filter((referrer) => referrer.kind === kind).length
  return (['signature', 'attestation', 'other'] as const)
    .filter((kind) => count(kind) > 0)
    .map((kind) => `${count(kind)} ${kind}${count(kind) > 1 ? 's' : ''}`)
    .join(', ')
}
