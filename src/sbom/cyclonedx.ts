import { getDigestHex } from '../oci/digest.ts'
import { printable } from '../printable.ts'
import { VERSION } from '../version.ts'
import type { ToolchainTool } from '../wasm/toolchain.ts'
import type { BillOfMaterials, NestedPart, Part } from './bill-of-materials.ts'
import { buildDependencyGraph, type DependencyGraph, MODULE } from './dependency-graph.ts'
import { computeDocumentId } from './document-id.ts'
import type { DocumentOptions } from './document-options.ts'
import type { ImportedPackage } from './imported-packages.ts'
import { parseIntegrity } from './integrity.ts'
import { describeModule } from './module-description.ts'
import type { Package } from './package-list.ts'
import { formatTool, listTools } from './tools.ts'

/** A CycloneDX document. https://cyclonedx.org/docs/1.6/json/ */
export function formatCycloneDx(
  bom: BillOfMaterials,
  { name, created }: DocumentOptions,
): Readonly<Record<string, unknown>> {
  const graph = buildDependencyGraph(bom)
  const tools = listTools(bom).map(toToolComponent)
  const content = {
    version: 1,
    metadata: {
      ...(created !== undefined && { timestamp: created }),
      tools: { components: [{ type: 'application', name: 'wasmpack', version: VERSION }] },
      component: { ...describeSubject(bom, name), ...nest(bom.nested, graph) },
    },
    components: [
      ...[...graph.packages].map(([ref, one]) => toPackageComponent(ref, one)),
      ...[...graph.imports].map(([ref, one]) => toImportComponent(ref, one)),
    ],
    dependencies: listDependencies(graph),
    compositions: listCompositions(bom, graph),
    ...(tools.length > 0 && { formulation: [{ 'bom-ref': 'build', components: tools }] }),
  }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${computeDocumentId(content)}`,
    ...content,
  }
}

function describeSubject(bom: BillOfMaterials, name: string): object {
  const { version, description, authors, licences, homepage, source, revision } = describeModule(bom.metadata)
  const references = [
    ...(homepage === undefined ? [] : [{ type: 'website', url: homepage }]),
    ...(source === undefined ? [] : [{ type: 'vcs', url: source }]),
  ]
  return {
    type: 'application',
    'bom-ref': MODULE,
    'mime-type': 'application/wasm',
    name,
    ...(version !== undefined && { version }),
    ...(description !== undefined && { description }),
    ...(authors !== undefined && { authors: [{ name: authors }] }),
    ...(licences && {
      licenses: [
        licences.isExpression
          ? { expression: licences.text, acknowledgement: 'declared' }
          : { license: { name: licences.text, acknowledgement: 'declared' } },
      ],
    }),
    hashes: [toHash(bom.module)],
    ...(references.length > 0 && { externalReferences: references }),
    ...listProperties([...describePart(bom.module), ['revision', revision]]),
  }
}

const toHash = ({ digest }: Part): object => ({ alg: 'SHA-256', content: getDigestHex(digest) })

type Property = readonly [name: string, value: string | undefined]

const listProperties = (properties: readonly Property[]): object => {
  const given = properties.filter(([, value]) => value !== undefined)
  return given.length === 0
    ? {}
    : { properties: given.map(([name, value]) => ({ name: `wasmpack:${name}`, value })) }
}

const describePart = ({ kind, size, languages }: Part): readonly Property[] => [
  ['kind', kind],
  ['size', String(size)],
  ...languages.map((language): Property => ['language', formatTool(language)]),
]

const toToolComponent = ({ name, version }: ToolchainTool): object => ({
  type: 'application',
  name: printable(name),
  ...(version !== undefined && { version: printable(version) }),
})

/** Nested binaries as components of those that they lie in. */
function nest(nested: readonly NestedPart[], { parts }: DependencyGraph): object {
  const root: { components?: object[] } = {}
  const parents: { components?: object[] }[] = [root]
  for (const [at, part] of nested.entries()) {
    const component: { components?: object[] } = toNestedComponent(parts[at + 1]!, part)
    ;(parents[part.depth - 1]!.components ??= []).push(component)
    parents[part.depth] = component
  }
  return root
}

const toNestedComponent = (ref: string, part: NestedPart): object => ({
  type: 'library',
  'bom-ref': ref,
  'mime-type': 'application/wasm',
  name: part.name === undefined || part.name === '' ? ref : printable(part.name),
  hashes: [toHash(part)],
  ...listProperties([
    ...describePart(part),
    ...part.tools.map((tool): Property => ['tool', formatTool(tool)]),
  ]),
})

const toPackageComponent = (
  ref: string,
  { name, version, purl, source, isBuildOnly, checksum }: Package,
): object => ({
  type: 'library',
  'bom-ref': ref,
  name,
  ...(version !== undefined && { version }),
  scope: isBuildOnly ? 'excluded' : 'required',
  ...(purl !== undefined && { purl }),
  ...listProperties([
    ['source', source],
    ['checksum', checksum],
  ]),
})

function toImportComponent(ref: string, { name, version, integrity, interfaces }: ImportedPackage): object {
  const [, group, rest = name] = /^([^:]+):(.+)$/.exec(name) ?? []
  const hash = parseIntegrity(integrity)
  return {
    type: interfaces.length > 0 ? 'platform' : 'library',
    'bom-ref': ref,
    ...(group !== undefined && { group }),
    name: rest,
    ...(version !== undefined && { version }),
    scope: 'required',
    ...(hash && { hashes: [{ alg: hash.algorithm.replace('SHA', 'SHA-'), content: hash.hex }] }),
    ...listProperties(interfaces.map((one): Property => ['interface', one])),
  }
}

/** Everything is listed, so that nothing without dependencies seems forgotten. */
const listDependencies = ({ parts, packages, imports, dependencies }: DependencyGraph): readonly object[] =>
  [...parts, ...packages.keys(), ...imports.keys()].map((ref) => {
    const dependsOn = dependencies.get(ref)
    return dependsOn === undefined ? { ref } : { ref, dependsOn }
  })

function listCompositions(
  { module }: BillOfMaterials,
  { unknown, incomplete, unrelated }: DependencyGraph,
): readonly object[] {
  const unstated = [...unknown, ...unrelated]
  return [
    ...(module.kind === 'component' ? [{ aggregate: 'complete', assemblies: [MODULE] }] : []),
    ...(incomplete.length > 0 ? [{ aggregate: 'incomplete', dependencies: incomplete }] : []),
    ...(unstated.length > 0 ? [{ aggregate: 'unknown', dependencies: unstated }] : []),
  ]
}
