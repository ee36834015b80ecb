import { getDigestHex } from '../oci/digest.ts'
import { printable } from '../printable.ts'
import { VERSION } from '../version.ts'
import type { ToolchainTool } from '../wasm/toolchain.ts'
import type { BillOfMaterials, NestedPart } from './bill-of-materials.ts'
import { buildDependencyGraph, type DependencyGraph } from './dependency-graph.ts'
import { computeDocumentId } from './document-id.ts'
import type { DocumentOptions } from './document-options.ts'
import type { ImportedPackage } from './imported-packages.ts'
import { parseIntegrity } from './integrity.ts'
import { describeModule } from './module-description.ts'
import type { Package } from './package-list.ts'
import { formatTool, listTools } from './tools.ts'

const UNKNOWN = 'NOASSERTION'
const DOCUMENT = 'SPDXRef-DOCUMENT'
/** The format requires a time, and no clock is read. */
const EPOCH = '1970-01-01T00:00:00Z'

/** An SPDX document. https://spdx.github.io/spdx-spec/v2.3/ */
export function formatSpdx(
  bom: BillOfMaterials,
  { name, created = EPOCH }: DocumentOptions,
): Readonly<Record<string, unknown>> {
  const graph = buildDependencyGraph(bom)
  const tools = listTools(bom)
  const ids = assignIds(graph)
  const content = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: DOCUMENT,
    name,
    creationInfo: { created, creators: [`Tool: wasmpack-${VERSION}`] },
    packages: [
      describeSubject(bom, name, ids.get(graph.parts[0]!)!),
      ...bom.nested.map((part, at) => describeNested(part, ids.get(graph.parts[at + 1]!)!)),
      ...[...graph.packages].map(([ref, one]) => describePackage(one, ids.get(ref)!)),
      ...[...graph.imports].map(([ref, one]) => describeImport(one, ids.get(ref)!)),
      ...tools.map((tool, at) => describeTool(tool, `SPDXRef-Tool-${at + 1}`)),
    ],
    relationships: listRelationships(bom, graph, ids, tools.length),
  }
  return { ...content, documentNamespace: `https://wasmpack.dev/spdx/${computeDocumentId(content)}` }
}

/** Identifiers have letters, digits, dots and hyphens only, so things are numbered. */
function assignIds({ parts, packages, imports }: DependencyGraph): ReadonlyMap<string, string> {
  return new Map([
    ...parts.map((ref, at) => [ref, at === 0 ? 'SPDXRef-Module' : `SPDXRef-Nested-${at}`] as const),
    ...[...packages.keys()].map((ref, at) => [ref, `SPDXRef-Package-${at + 1}`] as const),
    ...[...imports.keys()].map((ref, at) => [ref, `SPDXRef-Import-${at + 1}`] as const),
  ])
}

const NOTHING_ASSERTED = {
  downloadLocation: UNKNOWN,
  filesAnalyzed: false,
  licenseConcluded: UNKNOWN,
  licenseDeclared: UNKNOWN,
  copyrightText: UNKNOWN,
  supplier: UNKNOWN,
}

function describeSubject(bom: BillOfMaterials, name: string, id: string): object {
  const { version, description, authors, licences, homepage, source, revision } = describeModule(bom.metadata)
  const said = [
    ...bom.module.languages.map((language) => `language: ${formatTool(language)}`),
    ...(authors === undefined ? [] : [`authors: ${authors}`]),
    ...(revision === undefined ? [] : [`revision: ${revision}`]),
    ...(source === undefined ? [] : [`source: ${source}`]),
  ]
  return {
    SPDXID: id,
    name,
    ...(version !== undefined && { versionInfo: version }),
    ...NOTHING_ASSERTED,
    ...(licences?.isExpression === true && { licenseDeclared: licences.text }),
    ...(licences?.isExpression === false && { licenseComments: `the module declares: ${licences.text}` }),
    ...(description !== undefined && { description }),
    ...(homepage !== undefined && { homepage }),
    ...(said.length > 0 && { comment: said.join('\n') }),
    primaryPackagePurpose: 'APPLICATION',
    checksums: [{ algorithm: 'SHA256', checksumValue: getDigestHex(bom.module.digest) }],
  }
}

function describeNested({ name, kind, digest, languages, tools }: NestedPart, id: string): object {
  const said = [
    ...languages.map((language) => `language: ${formatTool(language)}`),
    ...tools.map((tool) => `tool: ${formatTool(tool)}`),
  ]
  return {
    SPDXID: id,
    name: name === undefined || name === '' ? `nested ${kind}` : printable(name),
    ...NOTHING_ASSERTED,
    ...(said.length > 0 && { comment: said.join('\n') }),
    primaryPackagePurpose: 'LIBRARY',
    checksums: [{ algorithm: 'SHA256', checksumValue: getDigestHex(digest) }],
  }
}

const describePackage = ({ name, version, purl, source, checksum }: Package, id: string): object => ({
  SPDXID: id,
  name,
  ...(version !== undefined && { versionInfo: version }),
  ...NOTHING_ASSERTED,
  sourceInfo: `source: ${source}${checksum === undefined ? '' : `, checksum: ${checksum}`}`,
  primaryPackagePurpose: 'LIBRARY',
  ...(purl !== undefined && {
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  }),
})

function describeImport({ name, version, integrity, interfaces }: ImportedPackage, id: string): object {
  const hash = parseIntegrity(integrity)
  return {
    SPDXID: id,
    name,
    ...(version !== undefined && { versionInfo: version }),
    ...NOTHING_ASSERTED,
    ...(interfaces.length > 0 && { comment: `imported interfaces: ${interfaces.join(', ')}` }),
    ...(hash && { checksums: [{ algorithm: hash.algorithm, checksumValue: hash.hex }] }),
  }
}

const describeTool = ({ name, version }: ToolchainTool, id: string): object => ({
  SPDXID: id,
  name: printable(name),
  ...(version !== undefined && { versionInfo: printable(version) }),
  ...NOTHING_ASSERTED,
  primaryPackagePurpose: 'APPLICATION',
})

function listRelationships(
  { nested }: BillOfMaterials,
  graph: DependencyGraph,
  ids: ReadonlyMap<string, string>,
  tools: number,
): readonly object[] {
  const relate = (from: string, type: string, to: string): object => ({
    spdxElementId: from,
    relationshipType: type,
    relatedSpdxElement: to,
  })
  const [module] = graph.parts.map((part) => ids.get(part)!) as [string]
  const inside = new Set(nested.map((_, at) => graph.parts[at + 1]!))
  const edges = [...graph.dependencies].flatMap(([from, all]) =>
    all.map((to) => {
      if (inside.has(to)) return relate(ids.get(from)!, 'CONTAINS', ids.get(to)!)
      return graph.packages.get(to)?.isBuildOnly === true
        ? relate(ids.get(to)!, 'BUILD_DEPENDENCY_OF', ids.get(from)!)
        : relate(ids.get(from)!, 'DEPENDS_ON', ids.get(to)!)
    }),
  )
  return [
    relate(DOCUMENT, 'DESCRIBES', module),
    ...edges,
    ...[...graph.unknown, ...graph.incomplete, ...graph.unrelated].map((ref) =>
      relate(ids.get(ref)!, 'DEPENDS_ON', UNKNOWN),
    ),
    ...Array.from({ length: tools }, (_, at) => relate(`SPDXRef-Tool-${at + 1}`, 'BUILD_TOOL_OF', module)),
  ]
}
