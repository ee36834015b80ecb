import type { Inspection } from '../../wasm/types/inspection.ts'
import { evaluateImports } from '../evaluate/evaluate-imports.ts'
import type { Finding } from '../evaluate/finding.ts'
import type { CapabilityManifest } from '../manifest/manifest.ts'
import type { GrantRow } from '../manifest/grant-shapes.ts'
import { GRANT_TABLE, type Grants } from '../manifest/grant-table.ts'
import type { GrantReport } from '../evaluate/verdict.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'
import { YAML_TEXT_LIMIT } from '../../documents/yaml-reader.ts'
import { refuseTooMany } from './refuse-too-many.ts'
import { listFirst } from '../../listing.ts'

const HOST_INTERFACES_COMMENT =
  '  # These imports are not in the catalogue: keep those whose purpose you know, and ask the operator of the host about the others.'

const SHOWN_IMPORTS = 4
const SHOWN_IMITATIONS = 10
const NOTHING: ReturnType<typeof evaluateImports> = { findings: [], grants: [] }

/**
 * A capability manifest as YAML for people to complete. With an inspection, comments list the imports that need each
 * grant. Throws CAPABILITY_MANIFEST_INVALID if the text is longer than what is read back.
 */
export function renderCapabilityManifest(manifest: CapabilityManifest, inspection?: Inspection): string {
  const { apiVersion, kind, metadata, spec } = manifest
  const { grants: reports, findings } =
    inspection === undefined ? NOTHING : evaluateImports(inspection, manifest.spec)
  const lines = [
    '# Capabilities granted to the module; everything else is denied.',
    `apiVersion: ${apiVersion}`,
    `kind: ${kind}`,
    'metadata:',
    `  name: ${toYamlFlow(metadata.name)}`,
    ...(metadata.description === undefined ? [] : [`  description: ${toYamlFlow(metadata.description)}`]),
    'spec:',
    ...renderGrants(spec.grants, reports),
    ...renderHostInterfaces(manifest, findings),
    ...(spec.limits === undefined ? [] : [`  limits: ${toYamlFlow(spec.limits)}`]),
  ]
  const text = `${lines.join('\n')}\n`
  if (inspection !== undefined && text.length > YAML_TEXT_LIMIT)
    throw refuseTooMany(inspection, `${text.length} characters of YAML, expected at most ${YAML_TEXT_LIMIT}`)
  return text
}

function renderGrants(grants: Grants, reports: readonly GrantReport[]): string[] {
  const entries = Object.entries(grants) as [keyof Grants, unknown][]
  if (entries.length === 0) return ['  grants: {}']
  const lines = entries.flatMap(([key, grant]) => {
    const own = reports.filter((report) => report.grant === key || report.grant.startsWith(`${key}.`))
    const { advice }: GrantRow = GRANT_TABLE[key]
    const comments = describeImports(own)
    if (advice !== undefined && (grant === true || hasEmptyList(grant))) comments.push(advice)
    return comments.map((comment) => `    # ${comment}`).concat(`    ${key}: ${toYamlFlow(grant)}`)
  })
  return ['  grants:', ...lines]
}

function renderHostInterfaces({ spec }: CapabilityManifest, findings: readonly Finding[]): string[] {
  if (spec.hostInterfaces === undefined) return []
  if (spec.hostInterfaces.length === 0) return ['  hostInterfaces: []']
  const lines = spec.hostInterfaces.map((entry) => `    - ${toYamlFlow(entry)}`)
  const imitations = findings.filter(({ rule }) => rule === 'look-alike')
  return [
    HOST_INTERFACES_COMMENT,
    ...imitations.slice(0, SHOWN_IMITATIONS).map(({ message }) => `  # Warning: ${message}`),
    '  hostInterfaces:',
    ...lines,
  ]
}

/** At most one line. Imports are escaped for a terminal, so none can end the comment. */
function describeImports(reports: readonly GrantReport[]): string[] {
  const imports = [...new Set(reports.flatMap((report) => report.imports))]
  if (imports.length === 0) return []
  const shown = imports.map((name) => name.slice(0, 120))
  return [listFirst(shown, SHOWN_IMPORTS)]
}

const hasEmptyList = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length === 0
    : typeof value === 'object' && value !== null && Object.values(value).some(hasEmptyList)
