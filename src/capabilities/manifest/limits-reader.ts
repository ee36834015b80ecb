import type { ResourceLimits } from './constraints.ts'
import {
  omitUndefined,
  readChoice,
  readCount,
  readFields,
  readFlag,
  readMatching,
  type Read,
} from '../../documents/fields.ts'
import { SIZE, START_FUNCTION } from './formats.ts'

const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

export const readLimits: Read<ResourceLimits> = (value, problems) => {
  const fields = readFields(
    value,
    ['memory', 'tables', 'modules', 'nesting', 'size', 'startFunction'],
    problems,
  )
  return (
    fields &&
    omitUndefined({
      memory: fields.optional('memory', readMemoryLimits),
      tables: fields.optional('tables', readTableLimits),
      modules: fields.optional('modules', readCount(0)),
      nesting: fields.optional('nesting', readCount(0)),
      size: fields.optional('size', readSize),
      startFunction: fields.optional('startFunction', readChoice(START_FUNCTION)),
    })
  )
}

const readMemoryLimits: Read<NonNullable<ResourceLimits['memory']>> = (value, problems) => {
  const fields = readFields(value, ['maxPages', 'requireMax'], problems)
  return (
    fields &&
    omitUndefined({
      maxPages: fields.optional('maxPages', readCount(0)),
      requireMax: fields.optional('requireMax', readFlag) || undefined,
    })
  )
}

const readTableLimits: Read<NonNullable<ResourceLimits['tables']>> = (value, problems) => {
  const fields = readFields(value, ['maxElements', 'requireMax'], problems)
  return (
    fields &&
    omitUndefined({
      maxElements: fields.optional('maxElements', readCount(0)),
      requireMax: fields.optional('requireMax', readFlag) || undefined,
    })
  )
}

/** A number of bytes, or text with a unit; equal sizes read as equal. */
const readSize: Read<number> = (value, problems) => {
  if (value.kind === 'scalar' && typeof value.value === 'number') return readCount(1)(value, problems)
  const text = readMatching(SIZE)(value, problems)
  if (text === undefined) return undefined
  const [, count, unit] = /^(\d+) ?(\w+)$/.exec(text)!
  return Number(count) * UNITS[unit!]!
}
