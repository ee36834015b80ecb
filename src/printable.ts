/**
 * Controls, line and paragraph separators, bidirectional and zero-width characters, tags, selectors of variants, lone surrogates,
 * spaces other than ours, and the letters that have no ink: whatever moves a cursor, reorders a line or hides in it.
 */
export const UNPRINTABLE: RegExp = /(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Z}\u2800]/gu

/** Most names: a quick way past the property tables. */
const PLAIN = /^[ -~]*$/

const escape = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`

/** Foreign text as one line that cannot drive a terminal or pass for other text: unprintable characters become `\u{..}`. */
export const printable = (text: string): string =>
  PLAIN.test(text) ? text : text.replace(UNPRINTABLE, escape)

/** {@link printable} text in double quotes, in which a quote or a backslash of its own stays apart from ours. */
export const quoted = (text: string): string => `"${printable(text.replace(/["\\]/g, '\\$&'))}"`

/** A value as JSON on one line, in which the same characters stand as JSON's own escapes. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replace(UNPRINTABLE, (character) =>
    character.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
