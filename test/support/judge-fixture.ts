import { evaluate } from '../../src/capabilities/evaluate/evaluate.ts'
import { parseCapabilityManifest } from '../../src/capabilities/manifest/manifest-text.ts'
import type { Verdict } from '../../src/capabilities/evaluate/verdict.ts'
import type { Inspection } from '../../src/wasm/types/inspection.ts'
import { fixtureCapabilities, fixturePath } from './fixtures.ts'

/** The verdict on a module under the fixture's own capability manifest, or another. */
export function judgeFixture(
  name: string,
  inspection: Inspection,
  capabilities: string = fixtureCapabilities(name)!,
): Verdict {
  const file = fixturePath(name, '.capabilities.yaml')
  return evaluate({ inspection }, parseCapabilityManifest(capabilities, file))
}
