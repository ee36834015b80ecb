import { WasmpackError } from '../../errors.ts'

/** Says of which module a MODULE_MALFORMED is: the reader knows bytes only. */
export async function withModuleName<T>(module: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (cause) {
    if (!(cause instanceof WasmpackError) || cause.code !== 'MODULE_MALFORMED') throw cause
    const { message, hint, details } = cause
    throw new WasmpackError('MODULE_MALFORMED', `${module}: ${message}`, {
      hint,
      details: { ...details, module },
      cause,
    })
  }
}
