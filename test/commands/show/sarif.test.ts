import { readFileSync } from 'node:fs'

import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'

import { type Finding, RULES } from '../../../src/capabilities/evaluate/finding.ts'
import { findManifestPath } from '../../../src/capabilities/evaluate/manifest-path.ts'
import { parseCapabilityManifestNode } from '../../../src/capabilities/manifest/manifest-text.ts'
import { SourceMap } from '../../../src/documents/source-map.ts'
import { createVerdict } from '../../../src/capabilities/evaluate/verdict.ts'
import { renderSarifLog } from '../../../src/commands/show/sarif.ts'
import { createSarifRules } from '../../../src/commands/show/sarif-rules.ts'
import { fixtureNames, fixturePath } from '../../support/fixtures.ts'
import { runCommand } from '../../support/in-process.ts'

/** OASIS's own, as the crate serde-sarif 0.8.0 ships it. */
const schema = JSON.parse(
  readFileSync(new URL('../../support/sarif-2.1.0.schema.json', import.meta.url), 'utf8'),
) as object
const accepts = new Ajv({
  strict: false,
  unicodeRegExp: false,
  validateFormats: false,
  allErrors: true,
}).compile(schema)

interface Region {
  readonly startLine: number
  readonly startColumn: number
  readonly endLine: number
  readonly endColumn: number
  readonly byteOffset?: number
}

interface Location {
  readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: Region }
}

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly message: { readonly text: string }
  readonly locations: readonly Location[]
  readonly relatedLocations: readonly Location[]
  readonly partialFingerprints: { readonly primaryLocationLineHash: string }
}

interface Run {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
  readonly results: readonly Result[]
  readonly invocations: readonly [{ readonly toolExecutionNotifications?: readonly unknown[] }]
}

function readLog(text: string): Run {
  const log = JSON.parse(text) as { readonly runs: readonly [Run] }
  accepts(log)
  expect(accepts.errors).toBeNull()
  return log.runs[0]
}

const NOTHING = fixturePath('as-hello', '.capabilities.yaml')

describe('of every fixture, against a capability manifest of another', () => {
  const modules = fixtureNames().filter((name) => name !== 'edge/wit-package')

  test.for(modules)('%s', async (name) => {
    const { text, error } = await runCommand([
      'validate',
      fixturePath(name),
      '-c',
      NOTHING,
      '--format',
      'sarif',
    ])
    const { results, tool } = readLog(text)
    const json = await runCommand(['validate', fixturePath(name), '-c', NOTHING, '--format', 'json'])
    const findings = (json.error?.details?.['findings'] ??
      (json.json as { findings: unknown }).findings) as Finding[]
    expect(results).toHaveLength(findings.length)
    expect(results.some(({ level }) => level === 'error')).toBe(error !== undefined)
    expect(error?.exit).toBe(json.error?.exit)
    const { rules } = tool.driver
    for (const result of results) {
      expect(rules[result.ruleIndex]?.id).toBe(result.ruleId)
      expect(result.message.text).not.toBe('')
      // What GitHub shows a result by.
      for (const { physicalLocation } of [...result.locations, ...result.relatedLocations]) {
        const { startLine, startColumn, endLine, endColumn } = physicalLocation.region
        expect(startLine).toBeGreaterThan(0)
        expect(endLine).toBe(startLine)
        expect(endColumn).toBeGreaterThan(startColumn)
      }
    }
    const fingerprints = results.map(({ ruleId, partialFingerprints }) =>
      JSON.stringify([ruleId, partialFingerprints.primaryLocationLineHash]),
    )
    expect(new Set(fingerprints).size).toBe(results.length)
  })
})

test('an allowed module has a log without results', async () => {
  const { text, error } = await runCommand(['validate', fixturePath('as-hello'), '--format', 'sarif'])
  expect(error).toBeUndefined()
  expect(readLog(text).results).toEqual([])
})

test('the rules are those of every run, each with what GitHub asks of one', () => {
  const rules = createSarifRules()
  const ids = rules.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual(expect.arrayContaining(Object.keys(RULES)))
  for (const { shortDescription, fullDescription, help, properties, defaultConfiguration } of rules) {
    expect(shortDescription.text.length).toBeLessThanOrEqual(1024)
    expect(fullDescription.text).toMatch(/^[A-Z].*\.$/)
    expect(help.text).not.toBe('')
    expect(['error', 'warning']).toContain(defaultConfiguration.level)
    const severity = properties['security-severity']
    expect(properties.tags.includes('security')).toBe(severity !== undefined)
    if (severity !== undefined) expect(Number(severity)).toBeGreaterThan(0)
  }
  const severityOf = (id: string): string | undefined =>
    rules.find((rule) => rule.id === id)?.properties['security-severity']
  expect(severityOf('not-granted/fs.open')).toBe('8.0')
  expect(severityOf('not-granted/env')).toBe('5.5')
  expect(severityOf('not-granted/clock')).toBe('2.5')
})

const MANIFEST = `# comment
apiVersion: wasmpack.dev/v1alpha1
kind: CapabilityManifest
metadata: {name: sample}
spec:
  grants:
    stdio: [stdout, stderr]
    filesystem:
      - {guest: /data, mode: ro}
  limits:
    memory:
      maxPages: 10
`
const sourceMap = new SourceMap(parseCapabilityManifestNode(MANIFEST, 'x.yaml'))

test.for<[Partial<Finding>, number, number]>([
  [{ rule: 'not-granted', class: 'fs.write' }, 8, 5],
  [{ rule: 'not-granted', class: 'stdio.stdin' }, 7, 5],
  [{ rule: 'not-granted', class: 'env' }, 6, 3],
  [{ rule: 'unknown-import' }, 5, 1],
  [{ rule: 'incompatible' }, 5, 1],
  [{ rule: 'limit-exceeded', path: 'spec.limits.memory.maxPages' }, 12, 7],
  [{ rule: 'unused-grant', path: 'spec.grants.stdio[1]' }, 7, 21],
  [{ rule: 'export-missing', path: 'spec.exports.required[3]' }, 5, 1],
])('%j is shown on line %d', ([finding, line, column]) => {
  expect(sourceMap.of(findManifestPath(finding as Finding))).toMatchObject({ line, column })
})

const logOf = (...findings: readonly Partial<Finding>[]): Run =>
  readLog(
    renderSarifLog(
      createVerdict({
        findings: findings.map((finding) =>
          Object.assign({ rule: 'unknown-import', severity: 'error', message: 'found' }, finding),
        ) as Finding[],
        grants: [],
        limits: [],
      }),
      { module: './my app/ä#?.wasm', capabilityManifest: '../x.yaml', sourceMap: () => sourceMap },
    ),
  )

const fingerprintOf = (finding: Partial<Finding>): string | undefined =>
  logOf(finding).results[0]?.partialFingerprints.primaryLocationLineHash

test('a fingerprint outlives a rebuild, another patch version and another size, and nothing else', () => {
  const one = { import: 'wasi:http/types@0.2.3#x', offset: 10 }
  expect(fingerprintOf({ ...one, offset: 99 })).toBe(fingerprintOf(one))
  expect(fingerprintOf({ import: 'wasi:http/types@0.2.10#x' })).toBe(fingerprintOf(one))
  expect(fingerprintOf({ import: 'wasi:http/types@0.3.0#x' })).not.toBe(fingerprintOf(one))
  expect(fingerprintOf({ import: 'wasi:http/types@0.2.3#y' })).not.toBe(fingerprintOf(one))
  expect(fingerprintOf({ ...one, rule: 'wrong-kind' })).not.toBe(fingerprintOf(one))
  const limit = { rule: 'limit-exceeded', path: 'spec.limits.size' } as const
  expect(fingerprintOf({ ...limit, message: '11 bytes' })).toBe(
    fingerprintOf({ ...limit, message: '12 bytes' }),
  )
})

test('a path becomes a relative reference, whatever is in it', () => {
  const [result] = logOf({ offset: 7 }).results
  expect(result!.relatedLocations[0]!.physicalLocation).toMatchObject({
    artifactLocation: { uri: 'my%20app/%C3%A4%23%3F.wasm' },
    region: { byteOffset: 7 },
  })
  expect(result!.locations[0]!.physicalLocation.artifactLocation.uri).toBe('../x.yaml')
})

test('a name makes no link of a message', () => {
  const [result] = logOf({ message: 'env.[click](https://evil.example): no rule knows it' }).results
  expect(result!.message.text).not.toContain('](')
})

test('what is more than GitHub shows is left out, and that is said; errors stay', () => {
  const many = Array.from({ length: 6000 }, (_, at) => ({
    import: `env.f${at}`,
    severity: at === 5999 ? ('error' as const) : ('warning' as const),
  }))
  const { results, invocations } = logOf(...many)
  expect(results).toHaveLength(5000)
  expect(results[0]!.level).toBe('error')
  expect(invocations[0].toolExecutionNotifications).toHaveLength(1)
})
