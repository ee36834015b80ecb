import { type Baseline, BASELINES, FEATURES } from '../../wasm/binary/features.ts'
import type { Constraints, ExportConstraints, FeatureConstraints } from './constraints.ts'
import {
  type Fields,
  omitUndefined,
  readChoice,
  readFields,
  readList,
  readMatching,
  readText,
  type Read,
} from '../../documents/fields.ts'
import { TARGET } from './formats.ts'
import { readLimits } from './limits-reader.ts'

/** The keys of {@link Constraints}, which manifests and policies share. */
export const CONSTRAINTS = [
  'target',
  'exports',
  'limits',
  'features',
] as const satisfies (keyof Constraints)[]

/** The constraints among the fields of a `spec`; problems are reported as they are found. */
export function readConstraints(fields: Fields): Constraints {
  return omitUndefined({
    target: fields.optional('target', readMatching(TARGET)),
    exports: fields.optional('exports', readExports),
    limits: fields.optional('limits', readLimits),
    features: fields.optional('features', readFeatures),
  })
}

const readExports: Read<ExportConstraints> = (value, problems) => {
  const fields = readFields(value, ['required', 'forbidden'], problems)
  return (
    fields &&
    omitUndefined({
      required: fields.optional('required', readList(readText)),
      forbidden: fields.optional('forbidden', readList(readText)),
    })
  )
}

const BASELINE_NAMES = Object.keys(BASELINES) as Baseline[]

const readFeatures: Read<FeatureConstraints> = (value, problems) => {
  const fields = readFields(value, ['baseline', 'allow'], problems)
  return (
    fields &&
    omitUndefined({
      baseline: fields.optional('baseline', readChoice(BASELINE_NAMES)),
      allow: fields.optional('allow', readList(readChoice(FEATURES))),
    })
  )
}
