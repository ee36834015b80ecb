import { WasmpackError } from '../../errors.ts'

/** Reads the value of a flag that names a file or directory. Throws USAGE for an empty one, which a variable that is not set leaves. */
export const createPathParser =
  (flag: string) =>
  (text: string): string => {
    if (text !== '') return text
    throw new WasmpackError('USAGE', `${flag} is given an empty name`, {
      hint: 'give it a path, or leave the flag out; a variable may not be set',
    })
  }
