import { expect, it } from 'vitest'

import type { BillOfMaterials } from '../../src/sbom/bill-of-materials.ts'
import { formatCycloneDx } from '../../src/sbom/cyclonedx.ts'
import { formatSpdx } from '../../src/sbom/spdx.ts'
import { fixtureNames, readFixture } from '../support/fixtures.ts'
import {
  component,
  componentImports,
  componentTypes,
  custom,
  instanceImport,
  instanceType,
  module,
  name,
  section,
  vec,
} from '../support/wasm-builder.ts'
import { auditable, crate, readMaterialsOf } from './scene.ts'
import { expectValidDocument } from './schemas.ts'

const OPTIONS = { name: 'app.wasm', created: undefined }
const FORMATS = [formatCycloneDx, formatSpdx]
/** As it is read by somebody else. */
const format = (
  write: (typeof FORMATS)[number],
  materials: BillOfMaterials,
  options: typeof OPTIONS | { name: string; created: string } = OPTIONS,
): any => JSON.parse(JSON.stringify(write(materials, options)))

const producers = (tool: string, version: string): number[] =>
  custom('producers', vec([...name('processed-by'), ...vec([...name(tool), ...name(version)])]))

it.each(fixtureNames())('of %s both documents are valid by their schemas', async (fixture) => {
  const materials = await readMaterialsOf(readFixture(fixture))
  for (const write of FORMATS) expectValidDocument(format(write, materials))
})

const PACKAGES = [
  crate('app', [1, 2, 3], { source: 'local', root: true }),
  crate('itoa'),
  crate('cc', [], { kind: 'build' }),
  crate('patched', [1], { source: 'git' }),
]

it('CycloneDX has crates with package URLs, tools, and what is not known', async () => {
  const bytes = module(producers('rustc', '1.63.0'), auditable({ packages: PACKAGES }))
  const document = format(formatCycloneDx, await readMaterialsOf(bytes))
  expectValidDocument(document)
  expect(document.components).toMatchObject([
    { 'bom-ref': 'cargo:git:patched@1.0.0', name: 'patched', scope: 'required' },
    { 'bom-ref': 'cargo:local:app@1.0.0', name: 'app', scope: 'required' },
    { 'bom-ref': 'pkg:cargo/cc@1.0.0', purl: 'pkg:cargo/cc@1.0.0', scope: 'excluded' },
    { 'bom-ref': 'pkg:cargo/itoa@1.0.0', purl: 'pkg:cargo/itoa@1.0.0', scope: 'required' },
  ])
  expect(document.components.map(({ purl }: any) => purl !== undefined)).toEqual([false, false, true, true])
  expect(document.dependencies).toContainEqual({ ref: 'module', dependsOn: ['cargo:local:app@1.0.0'] })
  expect(document.dependencies).toContainEqual({
    ref: 'cargo:git:patched@1.0.0',
    dependsOn: ['pkg:cargo/itoa@1.0.0'],
  })
  expect(document.compositions).toEqual([{ aggregate: 'incomplete', dependencies: ['module'] }])
  expect(document.formulation).toEqual([
    { 'bom-ref': 'build', components: [{ type: 'application', name: 'rustc', version: '1.63.0' }] },
  ])
})

it('SPDX has the same, and what is not known as NOASSERTION', async () => {
  const bytes = module(producers('rustc', '1.63.0'), auditable({ packages: PACKAGES }))
  const document = format(formatSpdx, await readMaterialsOf(bytes))
  expectValidDocument(document)
  const ids = new Map<string, string>(document.packages.map((one: any) => [one.SPDXID, one.name]))
  const related = document.relationships.map((one: any) => [
    ids.get(one.spdxElementId) ?? one.spdxElementId,
    one.relationshipType,
    ids.get(one.relatedSpdxElement) ?? one.relatedSpdxElement,
  ])
  expect(related).toEqual([
    ['SPDXRef-DOCUMENT', 'DESCRIBES', 'app.wasm'],
    ['patched', 'DEPENDS_ON', 'itoa'],
    ['app', 'DEPENDS_ON', 'patched'],
    ['cc', 'BUILD_DEPENDENCY_OF', 'app'],
    ['app', 'DEPENDS_ON', 'itoa'],
    ['app.wasm', 'DEPENDS_ON', 'app'],
    ['app.wasm', 'DEPENDS_ON', 'NOASSERTION'],
    ['rustc', 'BUILD_TOOL_OF', 'app.wasm'],
  ])
  for (const one of document.packages)
    expect(one).toMatchObject({ licenseConcluded: 'NOASSERTION', downloadLocation: 'NOASSERTION' })
})

it('a module without a list says that what it was built from is unknown, and invents nothing', async () => {
  const materials = await readMaterialsOf(module())
  const cyclonedx = format(formatCycloneDx, materials)
  expect(cyclonedx).toMatchObject({
    components: [],
    compositions: [{ aggregate: 'unknown', dependencies: ['module'] }],
  })
  expect(cyclonedx).not.toHaveProperty('formulation')
  expect(format(formatSpdx, materials).relationships).toContainEqual({
    spdxElementId: 'SPDXRef-Module',
    relationshipType: 'DEPENDS_ON',
    relatedSpdxElement: 'NOASSERTION',
  })
})

it('a component lists the binaries in it where they lie, and the packages that it imports', async () => {
  const locked = `locked-dep=<acme:base@1.2.3>,integrity=<sha256-${Buffer.alloc(32, 1).toString('base64')}>`
  const bytes = component(
    section(4, component(section(1, module(auditable({ packages: [crate('itoa')] }))))),
    section(1, module(auditable({ packages: [crate('itoa')] }))),
    section(1, module()),
    componentTypes(instanceType()),
    componentImports(
      instanceImport('wasi:io/streams@0.2.3', 0),
      instanceImport('wasi:io/error@0.2.3', 0),
      instanceImport(locked, 0),
    ),
  )
  const materials = await readMaterialsOf(bytes)
  const cyclonedx = format(formatCycloneDx, materials)
  expectValidDocument(cyclonedx)
  expectValidDocument(format(formatSpdx, materials))
  expect(cyclonedx.metadata.component.components).toMatchObject([
    { 'bom-ref': 'nested-1', components: [{ 'bom-ref': 'nested-2' }] },
    { 'bom-ref': 'nested-3' },
    { 'bom-ref': 'nested-4' },
  ])
  expect(cyclonedx.components).toMatchObject([
    { purl: 'pkg:cargo/itoa@1.0.0' },
    { group: 'acme', name: 'base', version: '1.2.3', hashes: [{ alg: 'SHA-256', content: '01'.repeat(32) }] },
    {
      group: 'wasi',
      name: 'io',
      version: '0.2.3',
      properties: [
        { name: 'wasmpack:interface', value: 'error' },
        { name: 'wasmpack:interface', value: 'streams' },
      ],
    },
  ])
  expect(cyclonedx.compositions).toEqual([
    { aggregate: 'complete', assemblies: ['module'] },
    { aggregate: 'incomplete', dependencies: ['nested-2', 'nested-3'] },
    { aggregate: 'unknown', dependencies: ['nested-4'] },
  ])
})

it('what the module says of itself is taken over where it has the form that it should have', async () => {
  const text = (section: string, value: string): number[] => custom(section, Buffer.from(value))
  const said = module(
    text('version', '1.2.3'),
    text('description', 'Says hello\nin two lines'),
    text('authors', 'Ada <ada@example.com>'),
    text('licenses', '(Apache-2.0 WITH LLVM-exception OR MIT) AND BSD-3-Clause'),
    text('homepage', 'https://example.com/app'),
    text('source', 'https://user:secret@example.com/app.git'),
    text('revision', 'abc123'),
  )
  const materials = await readMaterialsOf(said)
  const cyclonedx = format(formatCycloneDx, materials)
  expectValidDocument(cyclonedx)
  expect(cyclonedx.metadata.component).toMatchObject({
    version: '1.2.3',
    description: String.raw`Says hello\u{a}in two lines`,
    authors: [{ name: 'Ada <ada@example.com>' }],
    licenses: [{ expression: '(Apache-2.0 WITH LLVM-exception OR MIT) AND BSD-3-Clause' }],
    externalReferences: [{ type: 'website', url: 'https://example.com/app' }],
  })
  const spdx = format(formatSpdx, materials)
  expectValidDocument(spdx)
  expect(spdx.packages[0]).toMatchObject({
    versionInfo: '1.2.3',
    licenseDeclared: '(Apache-2.0 WITH LLVM-exception OR MIT) AND BSD-3-Clause',
    homepage: 'https://example.com/app',
  })
  for (const document of [cyclonedx, spdx]) expect(JSON.stringify(document)).not.toContain('secret')
  const odd = await readMaterialsOf(module(text('licenses', 'see (LICENSE')))
  expect(format(formatCycloneDx, odd).metadata.component.licenses).toMatchObject([
    { license: { name: 'see (LICENSE' } },
  ])
  expect(format(formatSpdx, odd).packages[0]).toMatchObject({
    licenseDeclared: 'NOASSERTION',
    licenseComments: 'the module declares: see (LICENSE',
  })
})

it('P14: names of tools and nested binaries cannot drive a terminal', async () => {
  const named = module(custom('name', section(0, name('a\u202e\u001b[2J'))), producers('r\u001bc', '1\u2028'))
  const materials = await readMaterialsOf(component(section(1, named)))
  for (const write of FORMATS) {
    const document = format(write, materials, { name: 'app.wasm', created: '2026-01-01T00:00:00Z' })
    expectValidDocument(document)
    expect(JSON.stringify(document)).not.toMatch(/\\u001b|[\u202e\u2028]/)
    expect(JSON.stringify(document)).toContain(String.raw`a\\u{202e}\\u{1b}[2J`)
  }
})

it('the same module has the same document, and another one has another serial number', async () => {
  const [one, same, other] = await Promise.all([
    readMaterialsOf(module()),
    readMaterialsOf(module()),
    readMaterialsOf(module(custom('x'))),
  ])
  const cyclonedx = format(formatCycloneDx, one!)
  expect(cyclonedx).toEqual(format(formatCycloneDx, same!))
  expect(cyclonedx.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  expect(cyclonedx.serialNumber).not.toBe(format(formatCycloneDx, other!).serialNumber)
  expect(cyclonedx.metadata).not.toHaveProperty('timestamp')
  const spdx = format(formatSpdx, one!)
  expect(spdx.creationInfo.created).toBe('1970-01-01T00:00:00Z')
  expect(spdx.documentNamespace).not.toBe(format(formatSpdx, other!).documentNamespace)
  const dated = { name: 'app.wasm', created: '2026-01-01T00:00:00Z' }
  expect(format(formatSpdx, one!, dated).creationInfo.created).toBe(dated.created)
  expect(format(formatCycloneDx, one!, dated).metadata.timestamp).toBe(dated.created)
})
