import { join } from 'node:path'

import { expect, test } from 'vitest'

import { evaluate } from '../../src/capabilities/evaluate/evaluate.ts'
import { inferCapabilityManifest } from '../../src/capabilities/init/infer-manifest.ts'
import { renderCapabilityManifest } from '../../src/capabilities/init/render-manifest.ts'
import { parseCapabilityManifest } from '../../src/capabilities/manifest/manifest-text.ts'
import { WasmpackError } from '../../src/errors.ts'
import { corpusPath } from '../stack/peers.ts'
import { binariesIn, listed } from './corpus.ts'
import { needsCorpus } from './peer.ts'

needsCorpus()

const TIMEOUT = 900_000
const ENOUGH = { npm: 40, pypi: 5, crates: 100, core: 100 }

test.each(Object.entries(ENOUGH))(
  'validate accepts what init writes for every binary that %s has',
  { timeout: TIMEOUT },
  async (source, enough) => {
    let accepted = 0
    const refused: string[] = []
    for (const binary of binariesIn(join(corpusPath()!, source))) {
      const { inspection } = await listed(binary)
      if (inspection === undefined || inspection.kind === 'wit') continue
      try {
        const manifest = inferCapabilityManifest(inspection, { name: binary.name })
        const text = renderCapabilityManifest(manifest, inspection)
        const { allowed } = evaluate({ inspection }, parseCapabilityManifest(text, binary.name))
        if (allowed) accepted++
        else refused.push(binary.name)
      } catch (error) {
        if (!(error instanceof WasmpackError)) throw error
        refused.push(`${binary.name}: ${error.message}`)
      }
    }
    expect(refused).toEqual([])
    expect(accepted).toBeGreaterThanOrEqual(enough)
  },
)
