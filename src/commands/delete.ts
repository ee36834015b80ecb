import { requireDeletable, planDelete, deleteArtifact, type DeletePlan } from '../delivery/delete.ts'
import { WasmpackError } from '../errors.ts'
import { formatRepository, type Reference } from '../oci/reference.ts'
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
      const target = requireDeletable(await openTarget(reference))
      const plan = await planDelete(target, name, {
        signal,
        onUnreadable: ({ message }) => reporter.warn(`the list of referrers may be incomplete: ${message}`),
      })
      const byTag = reference.digest === undefined
      const referrers = flags.withReferrers ? plan.referrers : []
      const what = byTag ? `tag ${text}` : describeDeleted(text, plan, referrers)
      const stays = byTag ? ' (the artifact is kept)' : describeKept(plan, referrers)
      const withReferrers = flags.withReferrers ? ' --with-referrers' : ''
      if (!flags.yes)
        await confirm(`delete ${what}${stays}?`, `wasmpack delete ${text}${withReferrers} --yes`, signal)
      const { kept, deletedWith } = await deleteArtifact(target, name, plan, {
        signal,
        withReferrers: flags.withReferrers === true,
      })
      const { digest, tags } = plan
      reporter.result(
        {
          repository: target.name,
          digest,
          deleted: byTag ? 'tag' : 'artifact',
          tags,
          referrers: [...referrers, ...deletedWith].map((referrer) => referrer.digest),
          kept: kept.map((referrer) => referrer.digest),
        },
        `deleted ${what}`,
      )
      if (kept.length > 0) reporter.notice(`kept: ${describeReferrerCounts(kept)}`)
      if (deletedWith.length > 0)
        reporter.notice(`the registry deleted with it: ${describeReferrerCounts(deletedWith)}`)
      for (const tag of plan.unknownTags)
        reporter.warn(`the tag ${tag} cannot be read; it is deleted too if it pointed to the artifact`)
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack delete registry.example.com/team/app:1.0.0-rc.1',
    'wasmpack delete registry.example.com/team/app@sha256:... --with-referrers --yes',
  )
}

function rejectTagWithDigest(text: string, reference: Reference, { withReferrers }: Flags): void {
  const { tag, digest } = reference
  if (tag !== undefined && digest !== undefined)
    throw new WasmpackError('USAGE', `${text} has both a tag and a digest`, {
      hint: `delete the tag with: wasmpack delete ${formatRepository(reference)}:${reference.tag}; the artifact with: wasmpack delete ${formatRepository(reference)}@${reference.digest}`,
    })
  if (digest === undefined && withReferrers)
    throw new WasmpackError('USAGE', `--with-referrers requires a digest, and ${text} is a tag`, {
      hint: `print the digest with: wasmpack resolve ${text}`,
    })
}

type Referrers = DeletePlan['referrers']

/** The artifact with everything that is deleted with it. */
function describeDeleted(artifact: string, { tags, unknownTags }: DeletePlan, going: Referrers): string {
  const parts = [
    ...(tags.length === 0 ? [] : [`${tags.length === 1 ? 'its tag' : 'its tags'} ${tags.join(', ')}`]),
    ...(unknownTags.length === 0
      ? []
      : [`tags that cannot be read, if they point to it (${unknownTags.slice(0, 5).join(', ')})`]),
    ...(going.length === 0 ? [] : [describeReferrerCounts(going)]),
  ]
  return parts.length === 0 ? artifact : `${artifact} with ${parts.join(' and ')}`
}

function describeKept({ tags, unknownTags, referrers }: DeletePlan, going: Referrers): string {
  const left = referrers.slice(going.length)
  return `${tags.length === 0 && unknownTags.length === 0 ? ' (untagged)' : ''}${left.length === 0 ? '' : `, but not its referrers: ${describeReferrerCounts(left)} (some registries delete them too)`}`
}

function describeReferrerCounts(referrers: Referrers): string {
  const counts = new Map<string, number>()
  for (const { kind } of referrers) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts]
    .map(([kind, count]) => `${count} ${kind.replace('-', ' ')}${count > 1 ? 's' : ''}`)
    .join(', ')
}
