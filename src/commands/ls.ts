import { type ListedTag, listRepository, listTags } from '../delivery/repository-listing.ts'
import { WasmpackError } from '../errors.ts'
import { formatRepository, parseReference, type Reference } from '../oci/reference.ts'
import { printable } from '../printable.ts'
import { alignColumns } from '../ui/columns.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { readOpener, type TransportFlags, addTransportOptions } from './flags/transport.ts'

interface Flags extends OutputFlags, TransportFlags {
  readonly tagsOnly?: boolean
  readonly all?: boolean
}

export const lsCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `List the tags of a repository, each with its digest, the kind of artifact and whether it is signed. Signatures are not
verified; see wasmpack verify.`,
    )
    .argument('<repository>', 'repository, without a tag')
    .option('--tags-only', 'list only tag names, in one request')
    .option('--all', 'also list referrers tags (sha256-...)')
    .action(async (text: string, flags: Flags) => {
      const context = createContext(flags)
      const { reporter, signal } = context
      const openTarget = await readOpener(flags, context)
      const target = await openTarget(parseRepository(text))
      const { tags, referrerTags } = flags.tagsOnly
        ? toListedTags(await listTags(target, { signal }))
        : await listRepository(target, { signal })
      const shown: readonly ListedTag[] = flags.all
        ? [...tags, ...referrerTags.map((tag) => ({ tag }))]
        : tags
      reporter.result({ repository: target.name, tags: shown, referrerTags }, formatTags(shown).join('\n'))
      for (const { tag, problem } of shown)
        if (problem !== undefined) reporter.warn(`${target.name}:${tag}: ${problem}`)
      if (!flags.all && referrerTags.length > 0)
        reporter.notice(`${referrerTags.length} referrers tags are not listed: pass --all`)
      if (shown.length === 0) reporter.notice(`${target.name} has no tags`)
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack ls registry.example.com/team/app',
    'wasmpack ls oci-layout:./oci --tags-only',
  )
}

const toListedTags = ({
  tags,
  referrerTags,
}: Awaited<ReturnType<typeof listTags>>): {
  readonly tags: readonly ListedTag[]
  readonly referrerTags: readonly string[]
} => ({ tags: tags.map((tag) => ({ tag })), referrerTags })

function parseRepository(text: string): Reference {
  const reference = parseReference(text)
  if (reference.tag === undefined && reference.digest === undefined) return reference
  throw new WasmpackError('USAGE', `${text} is an artifact: expected a repository`, {
    hint: `wasmpack ls ${formatRepository(reference)}; for the artifact: wasmpack inspect ${text}`,
  })
}

const SIGNATURE_LABELS = {
  bundle: 'signed',
  legacy: 'signed (legacy)',
  notation: 'signed (Notation)',
  none: 'not signed',
} as const

/** With names alone, one tag a line for other programs. */
function formatTags(tags: readonly ListedTag[]): readonly string[] {
  const rows = tags.map(({ tag, digest, kind, artifactType, signature, problem, withheld }) => [
    tag,
    digest ?? '',
    kind === undefined && problem !== undefined
      ? withheld
        ? 'withheld'
        : 'unusable'
      : kind === 'other'
        ? printable(artifactType ?? 'other')
        : (kind ?? ''),
    signature === undefined ? '' : SIGNATURE_LABELS[signature],
  ])
  return alignColumns(rows)
}
