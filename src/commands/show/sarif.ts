import { isAbsolute, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Finding } from '../../capabilities/evaluate/finding.ts'
import { findManifestPath } from '../../capabilities/evaluate/manifest-path.ts'
import type { SourceMap } from '../../documents/source-map.ts'
import type { Verdict } from '../../capabilities/evaluate/verdict.ts'
import { getDigestHex, computeDigest } from '../../oci/digest.ts'
import { printableJson } from '../../printable.ts'
import { VERSION } from '../../version.ts'
import { toRuleId, createSarifRules } from './sarif-rules.ts'

/** What was validated, and against what. */
export interface SarifSubject {
  /** Paths relative to the working directory, which should be the root of the repository. */
  readonly module: string
  /** Undefined if it was not read from a file. */
  readonly capabilityManifest: string | undefined
  readonly sourceMap: () => SourceMap
}

/** GitHub's limit for one run. */
const MAX_RESULTS = 5_000

/**
 * A verdict as a SARIF 2.1.0 log, with what GitHub code scanning needs beyond the schema. A result points to the line of the
 * capability manifest to change, and to the import in the binary.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 * https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
 */
export function renderSarifLog(verdict: Verdict, subject: SarifSubject): string {
  const rules = createSarifRules()
  const sourceMap = subject.capabilityManifest === undefined ? undefined : subject.sourceMap()
  const indexes = new Map(rules.map(({ id }, index) => [id, index]))
  const fingerprint = createFingerprinter()
  const shown = [...verdict.findings].sort(compareSeverity).slice(0, MAX_RESULTS)
  const left = verdict.findings.length - shown.length
  return printableJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'wasmpack', semanticVersion: VERSION, rules } },
        // The category keeps the runs of several modules of one repository apart.
        automationDetails: { id: `wasmpack/${toUri(subject.module)}/` },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: true,
            ...(left > 0 && {
              toolExecutionNotifications: [
                {
                  level: 'warning',
                  message: { text: `${left} more findings are omitted; --format json prints all of them` },
                },
              ],
            }),
          },
        ],
        results: shown.map((finding) => {
          const ruleId = toRuleId(finding)
          return {
            ruleId,
            ruleIndex: indexes.get(ruleId),
            level: finding.severity,
            message: { text: formatMessage(finding) },
            locations: [createPrimaryLocation(finding, subject, sourceMap)],
            relatedLocations: [createBinaryLocation(finding, subject)],
            partialFingerprints: fingerprint(finding),
          }
        }),
      },
    ],
  })
}

const compareSeverity = (one: Finding, other: Finding): number =>
  Number(one.severity !== 'error') - Number(other.severity !== 'error')

/** Escapes `[text](1)`, which is a link in a SARIF message. */
function formatMessage({ message, grant }: Finding): string {
  const text = grant === undefined ? message : `${message}. To allow it: ${grant}`
  return text.replaceAll('](', String.raw`]\u{28}`)
}

function createPrimaryLocation(
  finding: Finding,
  { module, capabilityManifest }: SarifSubject,
  sourceMap: SourceMap | undefined,
): object {
  if (capabilityManifest === undefined || sourceMap === undefined)
    return { physicalLocation: { artifactLocation: { uri: toUri(module) }, region: FIRST_LINE } }
  const { line, column, length } = sourceMap.of(findManifestPath(finding))
  return {
    physicalLocation: {
      artifactLocation: { uri: toUri(capabilityManifest) },
      region: { startLine: line, startColumn: column, endLine: line, endColumn: column + length },
    },
  }
}

/** GitHub requires a region; a binary has no lines. */
const FIRST_LINE = { startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 }

function createBinaryLocation({ offset, import: name }: Finding, { module }: SarifSubject): object {
  const artifactLocation = { uri: toUri(module) }
  if (offset === undefined)
    return {
      id: 1,
      physicalLocation: { artifactLocation, region: FIRST_LINE },
      message: { text: 'the module' },
    }
  return {
    id: 1,
    physicalLocation: { artifactLocation, region: { ...FIRST_LINE, byteOffset: offset } },
    message: { text: `the ${name === undefined ? 'place' : 'import'} at byte ${offset} of the module` },
  }
}

/** A relative path as a relative URI, each segment escaped. */
function toUri(path: string): string {
  if (isAbsolute(path)) return pathToFileURL(path).href
  return normalize(path).split('/').map(encodeURIComponent).join('/')
}

/**
 * Fingerprints that survive unrelated changes: they ignore the offset and patch version of an import, and by how much a limit is
 * exceeded. Equal findings are numbered, as GitHub does it.
 */
function createFingerprinter(): (finding: Finding) => { readonly primaryLocationLineHash: string } {
  const counts = new Map<string, number>()
  return (finding) => {
    const { manifest } = finding
    const key = JSON.stringify([toRuleId(finding), identifyFinding(finding), manifest])
    const hash = getDigestHex(computeDigest(new TextEncoder().encode(key))).slice(0, 16)
    const count = (counts.get(hash) ?? 0) + 1
    counts.set(hash, count)
    return { primaryLocationLineHash: `${hash}:${count}` }
  }
}

function identifyFinding({ import: name, path, message }: Finding): string {
  if (name !== undefined) return name.replace(/@(\d+\.\d+)\.\d+(?=#| |$)/, '@$1')
  return path?.startsWith('spec.limits.') ? path : message
}
