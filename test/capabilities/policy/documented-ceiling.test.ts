import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { inferCapabilityManifest } from '../../../src/capabilities/init/infer-manifest.ts'
import { createPolicyRequirement } from '../../../src/capabilities/policy/evaluate-policy.ts'
import { parsePolicies } from '../../../src/delivery/policy-documents.ts'
import type { ComponentImport, CoreImport, Inspection } from '../../../src/wasm/types/inspection.ts'
import { fixtureImports, listedFixtureNames } from '../../support/fixtures.ts'
import { component, core } from '../samples.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/policies.md'), 'utf8')
const policies = [...PAGE.matchAll(/^```yaml\n([^]*?)^```$/gm)]
  .filter(([, text]) => text!.includes('kind: CapabilityPolicy'))
  .flatMap(([, text]) => parsePolicies(text!, 'docs/policies.md').capabilities)
  .filter(({ policy }) => policy.spec.ceiling !== undefined)

function inspectListed(name: string): Inspection {
  const { kind, imports } = fixtureImports(name)
  return kind === 'component'
    ? component(imports as Partial<ComponentImport>[])
    : core(...(imports as CoreImport[]))
}

test('the page shows a ceiling', () => expect(policies.length).toBeGreaterThan(0))

describe.each(policies)('the documented ceiling of $policy.metadata.name', (policy) => {
  test.each(listedFixtureNames().filter((name) => name.includes('hello')))(
    'allows what init writes for %s',
    (name) => {
      const inspection = inspectListed(name)
      const manifest = inferCapabilityManifest(inspection, { name })
      expect(createPolicyRequirement(policy).judge({ inspection }, [manifest])).toEqual([])
    },
  )
})
