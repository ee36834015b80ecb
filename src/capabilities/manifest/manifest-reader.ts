import type { WasmpackError } from '../../errors.ts'
import { canonicalJson } from '../../json.ts'
import { CONSTRAINTS, readConstraints } from './constraints-reader.ts'
import {
  hasKey,
  omitUndefined,
  readChoice,
  readFields,
  readList,
  readText,
  report,
  type Problems,
  type Read,
} from '../../documents/fields.ts'
import {
  CAPABILITY_MANIFEST_KIND,
  CAPABILITY_MANIFEST_LIMIT,
  COMPONENT_HOST_KINDS,
  CORE_HOST_KINDS,
  ON_UNKNOWN_IMPORT,
  ON_UNUSED,
} from './formats.ts'
import { API_VERSION, readMetadata } from '../../documents/metadata.ts'
import { readGrants } from './grants-reader.ts'
import { invalidDocument, type SourceNode, type Problem } from '../../documents/source-node.ts'
import type { CapabilityManifest, CapabilitySpec, HostInterface } from './manifest.ts'

/** One error with all problems of a document, each on its own line with its position. */
export const invalidCapabilityManifest = (file: string, problems: readonly Problem[]): WasmpackError =>
  invalidDocument('CAPABILITY_MANIFEST_INVALID', file, problems, {
    what: 'capability manifest',
    hint: 'its JSON Schema is schemas/capability-manifest.v1alpha1.schema.json; wasmpack init writes a valid one',
  })

/** A capability manifest from a parsed document; throws CAPABILITY_MANIFEST_INVALID with every problem in it. */
export function readCapabilityManifest(document: SourceNode, file: string): CapabilityManifest {
  const problems: Problems = []
  const manifest = readDocument(document, problems)
  if (problems.length > 0 || manifest === undefined) throw invalidCapabilityManifest(file, problems)
  const size = new TextEncoder().encode(canonicalJson(manifest)).length
  if (size <= CAPABILITY_MANIFEST_LIMIT) return manifest
  const message = `the document is ${size} bytes as canonical JSON, expected at most ${CAPABILITY_MANIFEST_LIMIT}`
  throw invalidCapabilityManifest(file, [{ at: document.at, path: '', message }])
}

const readDocument: Read<CapabilityManifest> = (value, problems) => {
  const fields = readFields(value, ['apiVersion', 'kind', 'metadata', 'spec'], problems)
  const apiVersion = fields?.required('apiVersion', readChoice([API_VERSION]))
  const kind = fields?.required('kind', readChoice([CAPABILITY_MANIFEST_KIND]))
  const metadata = fields?.required('metadata', readMetadata)
  const spec = fields?.required('spec', readSpec)
  if (!apiVersion || !kind || !metadata || !spec) return undefined
  return { apiVersion: API_VERSION, kind: CAPABILITY_MANIFEST_KIND, metadata, spec }
}

const SPEC = [
  'grants',
  'hostInterfaces',
  ...CONSTRAINTS,
  'onUnused',
  'onUnknownImport',
] as const satisfies (keyof CapabilitySpec)[]

const readSpec: Read<CapabilitySpec> = (value, problems) => {
  const fields = readFields(value, SPEC, problems)
  if (fields === undefined) return undefined
  const grants = fields.required('grants', readGrants)
  const rest = omitUndefined({
    hostInterfaces: fields.optional('hostInterfaces', readList(readHostInterface)),
    ...readConstraints(fields),
    onUnused: fields.optional('onUnused', readChoice(ON_UNUSED)),
    onUnknownImport: fields.optional('onUnknownImport', readChoice(ON_UNKNOWN_IMPORT)),
  })
  return grants && { grants, ...rest }
}

const readNames = readList(readText, { filled: true })

export const readHostInterface: Read<HostInterface> = (value, problems) => {
  if (hasKey(value, 'module')) return readCoreHostInterface(value, problems)
  if (hasKey(value, 'implements')) return readImplementedHostInterface(value, problems)
  if (hasKey(value, 'importedStringConstants')) return readStringConstants(value, problems)
  if (hasKey(value, 'component') || value.kind !== 'map') return readComponentHostInterface(value, problems)
  return report(problems, value, 'lacks "module", "component", "implements" or "importedStringConstants"')
}

const readCoreHostInterface: Read<HostInterface> = (value, problems) => {
  const fields = readFields(value, ['module', 'names', 'kind', 'type'], problems)
  const module = fields?.required('module', readText)
  const names = fields?.required('names', readNames)
  const kind = fields?.optional('kind', readChoice(CORE_HOST_KINDS))
  const type = fields?.optional('type', readText)
  if (module === undefined || names === undefined) return undefined
  return { module, names, ...(kind && { kind }), ...(type !== undefined && { type }) }
}

const readStringConstants: Read<HostInterface> = (value, problems) => {
  const fields = readFields(value, ['importedStringConstants'], problems)
  const module = fields?.required('importedStringConstants', readText)
  return module === undefined ? undefined : { importedStringConstants: module }
}

const readImplementedHostInterface: Read<HostInterface> = (value, problems) => {
  const fields = readFields(value, ['implements', 'functions', 'as', 'externalId'], problems)
  const name = fields?.required('implements', readText)
  const functions = fields?.required('functions', readNames)
  const as = fields?.optional('as', readNames)
  const externalId = fields?.optional('externalId', readNames)
  if (name === undefined || functions === undefined) return undefined
  return { implements: name, functions, ...(as && { as }), ...(externalId && { externalId }) }
}

const readComponentHostInterface: Read<HostInterface> = (value, problems) => {
  const known = ['component', hasKey(value, 'kind') ? 'kind' : 'functions']
  const fields = readFields(value, known, problems)
  const component = fields?.required('component', readText)
  if (component === undefined) return undefined
  if (hasKey(value, 'kind')) {
    const kind = fields?.required('kind', readChoice(COMPONENT_HOST_KINDS))
    return kind && { component, kind }
  }
  const functions = fields?.required('functions', readNames)
  return functions && { component, functions }
}
