import { addsSomething } from '../capabilities/diff/diff.ts'
import { compare, type Comparison } from '../delivery/compare.ts'
import { WasmpackError } from '../errors.ts'
import { type OutputFlags, type Define, withExamples } from './cli/command.ts'
import { withOutput } from './flags/output.ts'
import { examiner, refuseKeyForFiles } from './flags/subject.ts'
import { type TransportFlags, withTransport } from './flags/transport.ts'
import { readTrust, type TrustFlags, withTrust } from './flags/trust.ts'
import { countOf, describeDiff, diffJson } from './show/diff.ts'
import { diffMarkdown } from './show/diff-markdown.ts'

interface Flags extends OutputFlags<'markdown'>, TransportFlags, TrustFlags {
  readonly failOnAdded?: boolean
}

export const diffVerb: Define = (command, begin) => {
  command
    .description(
      `Compare two versions of a module, each a file or an artifact: what the new one asks its host for, and what it is granted,
first of all what is new; then imports, exports, limits and size. What is granted stands in the embedded capability
manifest, or in the one beside the file. Of artifacts nothing is verified but digests, unless --key is given.`,
    )
    .argument('<old>', 'a file, or an artifact by tag or digest')
    .argument('<new>', 'the version to compare with it')
    .option('--fail-on-added', 'end with status 3 if a capability, an unknown import or a grant is new')
    .action(async (old: string, now: string, flags: Flags) => {
      const context = begin(flags)
      await refuseKeyForFiles(flags, [old, now])
      const trust = flags.key === undefined ? 'ignored' : await readTrust(flags)
      const examine = examiner(flags, context)
      const comparison = await compare(await examine(old, { trust }), await examine(now, { trust }))
      const fails = flags.failOnAdded === true && addsSomething(comparison.diff.added)
      // One object on stdout: of a failure it is the error, which has all of the comparison in it.
      if (!(fails && flags.format === 'json'))
        context.reporter.result(
          diffJson(comparison),
          flags.format === 'markdown' ? diffMarkdown(comparison) : describeDiff(comparison),
        )
      if (fails) throw added(comparison)
    })
  withExamples(
    withOutput(withTransport(withTrust(command)), 'markdown'),
    'wasmpack diff app-1.0.wasm app-1.1.wasm',
    'wasmpack diff registry.example.com/team/app:1.0.0 build/app.wasm --fail-on-added --format markdown',
  )
}

const NAMED = 10

const placeOfGrant = (grant: string): string =>
  grant === 'hostInterfaces' || grant === 'onUnknownImport' ? `spec.${grant}` : `spec.grants.${grant}`

function added(comparison: Comparison): WasmpackError {
  const { classes, imports, grants } = comparison.diff.added
  const names = [...classes, ...imports, ...grants.map(placeOfGrant)]
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : ''
  return new WasmpackError(
    'CAPABILITY_ADDED',
    `${comparison.new.examined.name} adds ${countOf(comparison.diff.added)}: ${names.slice(0, NAMED).join(', ')}${more}`,
    {
      hint: 'have somebody look at what is new, then compare with this version from now on',
      details: diffJson(comparison),
    },
  )
}
