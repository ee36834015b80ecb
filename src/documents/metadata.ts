import { omitUndefined, type Read, readFields, readMatching } from './fields.ts'
import type { ScalarFormat } from './scalar-format.ts'

/** Of every kind of document. */
export const API_VERSION = 'wasmpack.dev/v1alpha1'

const NO_CONTROLS = String.raw`[^\u0000-\u001f\u007f-\u009f]`

export const NAME: ScalarFormat = {
  pattern: `^${NO_CONTROLS}{1,253}$`,
  expected: 'one line of at most 253 characters',
}

export const DESCRIPTION: ScalarFormat = { pattern: `^${NO_CONTROLS}{0,1024}$`, expected: 'one line of text' }

/** What a document is called. */
export interface Metadata {
  readonly name: string
  readonly description?: string
}

export const readMetadata: Read<Metadata> = (value, problems) => {
  const fields = readFields(value, ['name', 'description'], problems)
  const name = fields?.required('name', readMatching(NAME))
  const description = fields?.optional('description', readMatching(DESCRIPTION))
  return name === undefined ? undefined : { name, ...omitUndefined({ description }) }
}
