import { WasmpackError } from '../errors.ts'

/** Controls of every kind, among them those that reverse the direction of text, and what paths and Windows give a meaning. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]/u
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?: *\.|$)/i
const LENGTH_LIMIT = 255

/** Whether a title ends in `.wasm`, so that nothing else is overwritten, and is a file name on every system. */
export const isSafeFileName = (title: string): boolean =>
  title.endsWith('.wasm') &&
  Buffer.byteLength(title) <= LENGTH_LIMIT &&
  !UNSAFE.test(title) &&
  !/^[-. ]|[. ]$/.test(title) &&
  !RESERVED.test(title)

/**
 * Gives back a title that is safe as the name of a module in a directory of the user's choice. Throws ARTIFACT_MALFORMED for any
 * other: a name is never mended, since two titles could become one.
 */
export function requireSafeFileName(title: string): string {
  if (isSafeFileName(title)) return title
  throw new WasmpackError(
    'ARTIFACT_MALFORMED',
    `the artifact title ${JSON.stringify(title.slice(0, 80))} is not a safe .wasm file name`,
    { hint: 'pass a file name with -o FILE' },
  )
}
