import { expect, test } from 'vitest'

import { run } from '../fuzz/run.ts'

const SEED = 0x5eed
const MUTANTS = 8_000

// npm run fuzz does the same to a million.
test(
  'damaged binaries meet the right errors, bounded work and harmless output',
  { timeout: 120_000 },
  async () => {
    const { outcomes } = await run({ seed: SEED, from: 0, to: MUTANTS })
    expect(outcomes.refused).toBeGreaterThan(MUTANTS / 4)
    expect(outcomes.accepted).toBeGreaterThan(MUTANTS / 20)
  },
)
