import { WasmpackError } from '../../errors.ts'

/** Parses the value of a path option. Throws USAGE for an empty one, which an unset shell variable leaves. */
export const createPathParser =
  (flag: string) =>
  (text: string): string => {
    if (text !== '') return text
    throw new WasmpackError('USAGE', `${flag} has an empty value: expected a path`, {
      hint: 'pass a path or omit the option; a shell variable may be unset',
    })
  }
