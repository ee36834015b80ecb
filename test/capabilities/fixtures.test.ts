import { expect, test } from 'vitest'

import { evaluate } from '../../src/capabilities/evaluate/evaluate.ts'
import { infer } from '../../src/capabilities/init/infer.ts'
import { parseCapabilityManifest } from '../../src/capabilities/manifest/manifest-text.ts'
import { renderCapabilityManifest } from '../../src/capabilities/init/render.ts'
import { bytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { inspect } from '../../src/wasm/inspect.ts'
import { fixtureNames, readFixture } from '../support/fixtures.ts'

test.each(fixtureNames().filter((name) => !name.includes('wit-package')))(
  'infer writes a capability manifest that allows %s and grants nothing unused',
  async (name) => {
    const inspection = await inspect(bytesCursor(readFixture(name)))
    const text = renderCapabilityManifest(infer(inspection, { name }), inspection)
    expect(evaluate({ inspection }, parseCapabilityManifest(text, name))).toMatchObject({
      allowed: true,
      findings: [],
    })
  },
)
