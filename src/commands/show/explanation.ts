import { appendTrack } from '../../capabilities/catalog/catalog.ts'
import {
  type Capability,
  explainImport,
  type ImportExplanation,
  type SpecSource,
} from '../../capabilities/explain/explain-import.ts'
import { describeRuntimes } from '../../gitops/runtime-grants.ts'
import { printable } from '../../printable.ts'
import type { Reporter } from '../../ui/reporter.ts'
import { formatProperty, formatProperties } from '../../ui/columns.ts'

/** Explains a name and prints the result; in text the name is the title, as it was given. */
export function printExplanation(reporter: Reporter, asked: string): void {
  const found = explainImport(asked, describeRuntimes)
  reporter.result({ asked, ...found }, [printable(asked), ...describeKind(found)].join('\n'))
}

function describeKind(found: ImportExplanation): readonly string[] {
  switch (found.kind) {
    case 'function':
      return [...describeCapability(found), ...describeSources([found])]
    case 'class':
      return [
        ...describeCapability(found),
        ...found.imports.flatMap(({ module, versions, names }) =>
          [`  ${appendTrack(module, versions[0] ?? '')}${countOtherVersions(versions.length - 1)}`].concat(
            formatProperties('', names),
          ),
        ),
      ]
    case 'unknown':
      return [
        formatProperty('unknown', found.meaning),
        ...(found.grant === undefined ? [] : [formatProperty('to allow it', printable(found.grant))]),
        ...(found.near.length === 0 ? [] : formatProperties('near', found.near)),
      ]
    default:
      return [
        ...(found.versions.length === 0
          ? []
          : formatProperties('versions', found.versions.map(formatVersion))),
        ...describeSources(found.sources),
        ...groupByClass(found.functions),
      ]
  }
}

const countOtherVersions = (count: number): string =>
  count < 1 ? '' : ` and ${count} other ${count === 1 ? 'version' : 'versions'}`

const formatVersion = (version: string): string => (version === '' ? 'none' : version)

const describeCapability = ({
  class: name,
  meaning,
  risk,
  grant,
  runtime,
  runtimes,
}: Capability): string[] => [
  formatProperty('class', name),
  formatProperty('it can', meaning),
  formatProperty('risk', risk),
  formatProperty('grant', grant ?? 'not needed'),
  ...(runtime === undefined ? [] : [formatProperty('not proved', runtime)]),
  ...runtimes.map(({ runtime: by, how }) => formatProperty(by, how.replaceAll('`', ''))),
]

const describeSources = (sources: readonly SpecSource[]): string[] =>
  sources.map(({ family, spec }) => formatProperty('spec', `${family}, ${spec}`))

function groupByClass(
  functions: readonly { readonly name: string; readonly class: string; readonly risk: string }[],
): string[] {
  if (functions.length === 0) return [formatProperty('functions', 'none (types only)')]
  const classes = new Map<string, { risk: string; names: string[] }>()
  for (const { name, class: of, risk } of functions) {
    const group = classes.get(of)
    if (group === undefined) classes.set(of, { risk, names: [name] })
    else group.names.push(name)
  }
  return [...classes].flatMap(([name, { risk, names }]) =>
    [`  ${name} (risk ${risk})`].concat(formatProperties('', names)),
  )
}
