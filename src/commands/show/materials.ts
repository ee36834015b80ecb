import { printable } from '../../printable.ts'
import type { BillOfMaterials, NestedPart } from '../../sbom/bill-of-materials.ts'
import { buildDependencyGraph } from '../../sbom/dependency-graph.ts'
import type { ImportedPackage } from '../../sbom/imported-packages.ts'
import type { Package } from '../../sbom/package-list.ts'
import { formatTool, listTools } from '../../sbom/tools.ts'
import { formatProperty } from '../../ui/columns.ts'

/** A bill of materials for people. */
export function describeMaterialsInText(name: string, materials: BillOfMaterials): string {
  const graph = buildDependencyGraph(materials)
  const { module, nested } = materials
  const packages = [...graph.packages.values()]
  const imports = [...graph.imports.values()]
  return [
    `${printable(name)}: ${module.kind} ${module.digest}`,
    ...listProperty('languages', module.languages.map(formatTool)),
    ...listProperty('tools', listTools(materials).map(formatTool)),
    formatProperty(
      'packages',
      [materials.module, ...materials.nested].every(({ list }) => list === undefined)
        ? 'unknown: the module has no list of them'
        : `${packages.length}`,
    ),
    ...packages.map((one) => `    ${describePackage(one)}`),
    ...(nested.length === 0 ? [] : [formatProperty('nested', `${nested.length}`)]),
    ...nested.map(
      (part, at) => `    ${'  '.repeat(part.depth - 1)}${describeNested(part, graph.parts[at + 1]!)}`,
    ),
    ...(imports.length === 0 ? [] : [formatProperty('imports', `${imports.length}`)]),
    ...imports.map((one) => `    ${describeImport(one)}`),
    ...(packages.length > 0 && graph.unknown.length > 0
      ? [formatProperty('unknown', `what ${graph.unknown.join(', ')} was built from`)]
      : []),
  ].join('\n')
}

const listProperty = (name: string, values: readonly string[]): readonly string[] => [
  formatProperty(name, values.length === 0 ? 'unknown' : values.join(', ')),
]

const describePackage = ({ name, version, source, isBuildOnly }: Package): string =>
  `${name}${version === undefined ? '' : ` ${version}`}  (${source}${isBuildOnly ? ', for the build only' : ''})`

const describeNested = ({ name, kind, digest }: NestedPart, ref: string): string =>
  `${ref}  ${kind}${name === undefined || name === '' ? '' : ` ${printable(name)}`}  ${digest}`

const describeImport = ({ name, version, interfaces }: ImportedPackage): string =>
  `${name}${version === undefined ? '' : ` ${version}`}${interfaces.length === 0 ? '' : `  (${interfaces.join(', ')})`}`
