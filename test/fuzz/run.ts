import { exercise, type Outcome, type Work } from './exercise.ts'
import { mutate } from './mutations.ts'
import { Random } from './random.ts'
import { Steps } from './steps.ts'

/** Which mutants: those of a seed, from one number to before another. */
export interface Range {
  readonly seed: number
  readonly from: number
  readonly to: number
}

/** What came of them, and the mutant on which the reader worked hardest for its size. */
export interface Summary {
  readonly outcomes: Record<Outcome, number>
  readonly bytes: number
  readonly hardest: { readonly number: number; readonly stepsPerByte: number }
}

/** The mutant with a number. */
export const mutantOf = (seed: number, number: number): Uint8Array => mutate(new Random(seed, number))

/** A mutant on which something went wrong. */
export class Fault extends Error {
  readonly number: number

  constructor(seed: number, number: number, cause: unknown) {
    super(`mutant ${number} of seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.number = number
  }
}

/** Exercises mutant after mutant; throws a {@link Fault} for the first that does not come out as it must. */
export async function run(
  { seed, from, to }: Range,
  begin: (number: number) => void = () => {},
): Promise<Summary> {
  const outcomes = {
    accepted: 0,
    refused: 0,
    'WIT package': 0,
    'accepted, too large a capability manifest': 0,
  }
  const steps = Steps.watch()
  const work: Work = { steps: 0, bytesRead: 0 }
  let bytes = 0
  let hardest = { number: from, stepsPerByte: 0 }
  for (let number = from; number < to; number++) {
    begin(number)
    try {
      const random = new Random(seed, number)
      const mutant = mutate(random)
      bytes += mutant.length
      outcomes[await exercise(mutant, random, steps, work)]++
      const stepsPerByte = mutant.length < 200 ? 0 : work.steps / mutant.length
      if (stepsPerByte > hardest.stepsPerByte) hardest = { number, stepsPerByte }
    } catch (error) {
      throw new Fault(seed, number, error)
    }
  }
  return { outcomes, bytes, hardest }
}
