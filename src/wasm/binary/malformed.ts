import { WasmpackError } from '../../errors.ts'

const DAMAGED = 'the file is corrupt or truncated, or its toolchain does not follow the binary format'

export const formatHex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`

/** MODULE_MALFORMED with the absolute offset of the fault in bytes; `message` has what was found and expected. */
export const createMalformedError = (
  message: string,
  offset: number,
  hint: string = DAMAGED,
): WasmpackError =>
  new WasmpackError('MODULE_MALFORMED', `${message} (at offset 0x${offset.toString(16)})`, {
    hint,
    details: { offset },
  })

/** A name from the binary, shortened for a message. */
export const quoteShort = (name: string): string =>
  JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name)
