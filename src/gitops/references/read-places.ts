import { readChoice, readFields, readList, readMatching, type Read } from '../../documents/fields.ts'
import type { ScalarFormat } from '../../documents/scalar-format.ts'
import { invalidDocument } from '../../documents/source-node.ts'
import { YamlReader } from '../../documents/yaml-reader.ts'
import { FIELD_PATH } from './field-path.ts'
import type { Place } from './places.ts'

const API_VERSION: ScalarFormat = {
  pattern: '^(?:[a-z0-9.-]+/)?v[a-z0-9]+$',
  expected: 'the apiVersion of the objects, such as example.com/v1',
}
const KIND: ScalarFormat = { pattern: '^[A-Z][A-Za-z0-9]*$', expected: 'the kind of the objects' }
const PREFIXES = { 'oci://': 'oci', 'registry://': 'registry' } as const

const readPlace: Read<Place> = (value, problems) => {
  const fields = readFields(value, ['apiVersion', 'kind', 'path', 'prefix'], problems)
  const apiVersion = fields?.required('apiVersion', readMatching(API_VERSION))
  const kind = fields?.required('kind', readMatching(KIND))
  const path = fields?.required('path', readMatching(FIELD_PATH))
  const prefix = fields?.optional('prefix', readChoice(['oci://', 'registry://']))
  if (apiVersion === undefined || kind === undefined || path === undefined) return undefined
  return {
    group: apiVersion.includes('/') ? apiVersion.split('/', 1)[0]! : '',
    kinds: [kind],
    path,
    ...(prefix && { scheme: PREFIXES[prefix] }),
  }
}

/**
 * Kinds of objects that refer to Wasm artifacts, as a list in YAML or JSON: `- {apiVersion: example.com/v1, kind: App, path:
 * spec.parts[*].image, prefix: "oci://"}`. Every version of the group is meant. Throws FILE_UNREADABLE with every problem at its place.
 */
export function readPlaces(text: string, file: string): readonly Place[] {
  const reader = new YamlReader(file)
  const places = reader.read(text).flatMap((document) => readList(readPlace)(document, reader.problems) ?? [])
  if (reader.problems.length === 0) return places
  throw invalidDocument('FILE_UNREADABLE', file, reader.problems, {
    what: 'list of places',
    hint: 'write a list of {apiVersion: example.com/v1, kind: App, path: "spec.parts[*].image", prefix: "oci://"}',
  })
}
