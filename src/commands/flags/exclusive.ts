import { WasmpackError } from '../../errors.ts'

/** USAGE, of options that cannot be given together. */
export const exclusiveOptions = (...options: readonly string[]): WasmpackError =>
  new WasmpackError('USAGE', `${options.join(' and ')} cannot be used together`, {
    hint: 'pass only one of them',
  })
