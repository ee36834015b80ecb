import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv, type Options } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { expect } from 'vitest'

const read = (path: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../schemas', path), 'utf8')) as object

const OPTIONS: Options = {
  strict: false,
  allErrors: true,
  formats: {
    uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    'iri-reference': /^[^\s\p{Cc}<>"{}|\\^`]*$/u,
    'idn-email': /^[^\s@]+@[^\s@]+$/,
  },
}

const CYCLONEDX = 'http://cyclonedx.org/schema'
const readCycloneDx = (name: string): object => read(`cyclonedx-1.6/${name}.SNAPSHOT.schema.json`)
const cyclonedx = new Ajv(OPTIONS)
  .addSchema(readCycloneDx('spdx'), `${CYCLONEDX}/spdx.SNAPSHOT.schema.json`)
  .addSchema(readCycloneDx('jsf-0.82'), `${CYCLONEDX}/jsf-0.82.SNAPSHOT.schema.json`)
  .compile(readCycloneDx('bom-1.6'))
const spdx = new Ajv2019(OPTIONS).compile(read('spdx-2.3/spdx-schema-v2.3.json'))

/** Demands that a document is valid by the schema of its format, and that all its references lead somewhere. */
export function expectValidDocument(document: any): void {
  const accepts = document.bomFormat === 'CycloneDX' ? cyclonedx : spdx
  accepts(document)
  expect(accepts.errors).toBeNull()
  if (document.bomFormat === 'CycloneDX') expectSoundCycloneDx(document)
  else expectSoundSpdx(document)
}

function expectSoundCycloneDx({ metadata, components, dependencies, compositions }: any): void {
  const nestedRefs = (component: any): string[] => [
    component['bom-ref'],
    ...(component.components ?? []).flatMap(nestedRefs),
  ]
  const refs = [metadata.component, ...components].flatMap(nestedRefs)
  expect(new Set(refs).size).toBe(refs.length)
  expect(dependencies.map(({ ref }: any) => ref).sort()).toEqual([...refs].sort())
  const used = [
    ...dependencies.flatMap(({ dependsOn = [] }: any) => dependsOn),
    ...compositions.flatMap(({ assemblies = [] }: any) => assemblies),
    ...compositions.flatMap(({ dependencies: about = [] }: any) => about),
  ]
  expect(used.filter((ref: string) => !refs.includes(ref))).toEqual([])
}

function expectSoundSpdx({ SPDXID, packages, relationships }: any): void {
  const ids = [SPDXID, ...packages.map((one: any) => one.SPDXID)]
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/)
  const used = relationships.flatMap((one: any) => [one.spdxElementId, one.relatedSpdxElement])
  expect(used.filter((id: string) => id !== 'NOASSERTION' && !ids.includes(id))).toEqual([])
}
