import type { Difference } from './differential.ts'

interface Deviation {
  /** Which binaries, by the end of their path in the source. */
  readonly binaries: RegExp
  readonly about: Difference['about']
  readonly why: string
}

/** Every difference from a peer that is meant to be there, and why. */
const DEVIATIONS: readonly Deviation[] = [
  {
    binaries: /\/component-model\/values\/values\/script\.8\.wasm$/,
    about: 'validity',
    why:
      'an imported value (proposal cm-values) whose type is an index: the bytes can be read in two ways, and tools of ' +
      'different age do. No engine runs values; refusing beats guessing what stands behind it',
  },
]

/** Why a difference is no fault, or undefined. */
export const explanationOf = ({ binary, about }: Difference): string | undefined =>
  DEVIATIONS.find((deviation) => deviation.about === about && deviation.binaries.test(binary))?.why
