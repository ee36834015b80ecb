import { printable } from '../../printable.ts'

const MAX_LENGTH = 240

/**
 * Foreign text as a code span of GitHub-flavoured Markdown, so that it holds no link, mention, image or HTML. Characters that would
 * end the span or the table cell become `\u{..}`, like unprintable ones.
 * https://github.github.com/gfm/#code-spans https://github.github.com/gfm/#tables-extension-
 */
export function renderCodeSpan(text: string): string {
  const short = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text
  const safe = printable(short).replace(/[`|]/g, escapeCharacter)
  return safe.trim() === '' ? `\`"${safe}"\`` : `\`${safe}\``
}

const escapeCharacter = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`
