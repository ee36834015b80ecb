// Writes the schemas of the objects that `render` prints: node test/schemas/vendor.mjs PROJECT VERSION SOURCE LICENSE
// SOURCE is Kubernetes' swagger.json or a file of CustomResourceDefinitions. README.md lists where each was taken from.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseAllDocuments } from 'yaml'

/** @typedef {Readonly<Record<string, any>>} Schema */

/** Texts, and what validators of JSON Schema do not know. */
const DROPPED = /^(?:description|default|example|format|nullable|x-kubernetes-.*)$/

const CHOICES = new Set(['allOf', 'anyOf', 'not', 'oneOf'])

/** Kinds and versions that are kept, of all in a source. */
const KINDS = new Set([
  'CiliumNetworkPolicy v2',
  'ClusterAdmissionPolicy v1',
  'Deployment v1',
  'EnvoyExtensionPolicy v1alpha1',
  'EnvoyFilter v1alpha3',
  'NetworkPolicy v1',
  'PodTemplate v1',
  'RuntimeClass v1',
  'Service v1',
  'SpinApp v1alpha1',
  'TrafficExtension v1alpha1',
  'WasmPlugin v1alpha1',
  'WorkloadDeployment v1alpha1',
])

const [project, version, source, license] = process.argv.slice(2)
if (source === undefined || license === undefined) throw new Error('four arguments are needed')
const text = readFileSync(source, 'utf8')
const directory = join(import.meta.dirname, `${project}-${version}`)
mkdirSync(directory, { recursive: true })
copyFileSync(license, join(directory, 'LICENSE'))
for (const [name, schema] of source.endsWith('.json') ? readSwagger() : readDefinitions())
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(schema)}\n`)

/** @returns {Generator<[name: string, schema: Schema]>} */
function* readSwagger() {
  /** @type {{ definitions: Record<string, Schema> }} */
  const { definitions } = JSON.parse(text)
  for (const [name, definition] of Object.entries(definitions))
    for (const { group, kind, version } of definition['x-kubernetes-group-version-kind'] ?? []) {
      if (!KINDS.has(`${kind} ${version}`)) continue
      const used = {}
      collect(definitions, name, used)
      yield [nameFile(kind, group, version), { $ref: `#/definitions/${name}`, definitions: used }]
    }
}

/**
 * @param {Record<string, Schema>} definitions
 * @param {string} name
 * @param {Record<string, Schema>} used
 */
function collect(definitions, name, used) {
  if (name in used) return
  used[name] = close(definitions[name])
  for (const [, next] of JSON.stringify(used[name]).matchAll(/"#\/definitions\/([^"]+)"/g))
    collect(definitions, String(next), used)
}

/** @returns {Generator<[name: string, schema: Schema]>} */
function* readDefinitions() {
  // Without the lines of a Helm chart around the definition.
  for (const document of parseAllDocuments(text.replace(/^\{\{.*\n/gm, ''))) {
    const { kind, spec } = document.toJS() ?? {}
    if (kind !== 'CustomResourceDefinition') continue
    for (const { name, schema } of spec.versions) {
      if (!KINDS.has(`${spec.names.kind} ${name}`)) continue
      const { properties, ...closed } = close(schema.openAPIV3Schema)
      const head = {
        apiVersion: { const: `${spec.group}/${name}` },
        kind: { const: spec.names.kind },
        metadata: { type: 'object' },
      }
      yield [
        nameFile(spec.names.kind, spec.group, name),
        { ...closed, properties: { ...properties, ...head } },
      ]
    }
  }
}

/**
 * @param {string} kind
 * @param {string} group
 * @param {string} version
 */
function nameFile(kind, group, version) {
  return [kind, group, version]
    .filter((part) => part !== '')
    .join('-')
    .toLowerCase()
}

/**
 * The schema without its texts, and without room for fields that it does not name; parts of a choice name only some of them.
 * @param {any} schema
 * @param {boolean} isChoice
 * @returns {any}
 */
function close(schema, isChoice = false) {
  if (Array.isArray(schema)) return schema.map((one) => close(one, isChoice))
  if (typeof schema !== 'object' || schema === null) return schema
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string')
    return { type: ['integer', 'string'] }
  /** @type {Record<string, any>} */
  const closed = {}
  for (const [key, child] of Object.entries(schema))
    if (key === 'properties')
      closed[key] = Object.fromEntries(
        Object.entries(child).map(([name, one]) => [name, close(one, isChoice)]),
      )
    // Go's expressions take \PC for \P{C}, which all engines know.
    else if (key === 'pattern') closed[key] = child.replace(/\\([pP])([A-Z])/g, '\\$1{$2}')
    else if (!DROPPED.test(key)) closed[key] = close(child, isChoice || CHOICES.has(key))
  const isOpen = isChoice || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (closed['properties'] !== undefined && closed['additionalProperties'] === undefined && !isOpen)
    closed['additionalProperties'] = false
  return closed
}
