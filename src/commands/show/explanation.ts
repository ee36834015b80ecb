import { versioned } from '../../capabilities/catalog/catalog.ts'
import type { Capability, Explanation, Source } from '../../capabilities/explain/explain.ts'
import { printable } from '../../printable.ts'
import { property, properties } from '../../ui/columns.ts'

/** An explanation for people; they ask by name, so the name that they gave is the title. */
export function describeExplanation(asked: string, found: Explanation): string {
  return [printable(asked), ...linesOf(found)].join('\n')
}

function linesOf(found: Explanation): readonly string[] {
  switch (found.kind) {
    case 'function':
      return [...capabilityLines(found), ...sourceLines([found])]
    case 'class':
      return [
        ...capabilityLines(found),
        ...found.imports.flatMap(({ module, versions, names }) =>
          [`  ${versioned(module, versions[0] ?? '')}${others(versions.length - 1)}`].concat(
            properties('', names),
          ),
        ),
      ]
    case 'unknown':
      return [
        property('unknown', found.meaning),
        ...(found.grant === undefined ? [] : [property('to allow it', printable(found.grant))]),
        ...(found.near.length === 0 ? [] : properties('near', found.near)),
      ]
    default:
      return [
        ...(found.versions.length === 0 ? [] : properties('versions', found.versions.map(orNone))),
        ...sourceLines(found.sources),
        ...byClass(found.functions),
      ]
  }
}

const others = (count: number): string =>
  count < 1 ? '' : ` and ${count} other ${count === 1 ? 'version' : 'versions'}`

const orNone = (version: string): string => (version === '' ? 'none' : version)

const capabilityLines = ({ class: name, meaning, risk, grant, runtime, runtimes }: Capability): string[] => [
  property('class', name),
  property('it can', meaning),
  property('risk', risk),
  property('grant', grant ?? 'none is needed'),
  ...(runtime === undefined ? [] : [property('not proved', runtime)]),
  ...runtimes.map(({ runtime: by, how }) => property(by, how.replaceAll('`', ''))),
]

const sourceLines = (sources: readonly Source[]): string[] =>
  sources.map(({ family, spec }) => property('spec', `${family}, ${spec}`))

function byClass(
  functions: readonly { readonly name: string; readonly class: string; readonly risk: string }[],
): string[] {
  if (functions.length === 0) return [property('functions', 'none: it has types only')]
  const classes = new Map<string, { risk: string; names: string[] }>()
  for (const { name, class: of, risk } of functions) {
    const group = classes.get(of)
    if (group === undefined) classes.set(of, { risk, names: [name] })
    else group.names.push(name)
  }
  return [...classes].flatMap(([name, { risk, names }]) =>
    [`  ${name} (risk ${risk})`].concat(properties('', names)),
  )
}
