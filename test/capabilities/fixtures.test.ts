import { expect, test } from 'vitest'

import { evaluate } from '../../src/capabilities/evaluate/evaluate.ts'
import { inferCapabilityManifest } from '../../src/capabilities/init/infer-manifest.ts'
import { parseCapabilityManifest } from '../../src/capabilities/manifest/manifest-text.ts'
import { renderCapabilityManifest } from '../../src/capabilities/init/render-manifest.ts'
import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import { fixtureNames, readFixture } from '../support/fixtures.ts'

test.each(fixtureNames().filter((name) => !name.includes('wit-package')))(
  'infer writes a capability manifest that allows %s and grants nothing unused',
  async (name) => {
    const inspection = await inspectBinary(createBytesCursor(readFixture(name)))
    const text = renderCapabilityManifest(inferCapabilityManifest(inspection, { name }), inspection)
    expect(evaluate({ inspection }, parseCapabilityManifest(text, name))).toMatchObject({
      allowed: true,
      findings: [],
    })
  },
)
