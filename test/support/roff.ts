/** Text as a manual page shows it, letter for letter: no word of it is a request, and a hyphen can be copied. groff_man(7) */
export const escapeRoff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(
      /[^\n -~]/gu,
      (letter) => `\\[u${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^\./gm, '\\&.')

/** Running text, in source lines of at most 80 columns where its words allow it. */
export function fill(text: string): string {
  const lines: string[] = []
  for (const word of text.split(/\s+/).map(escapeRoff)) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > 80) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.join('\n')
}

export const bold = (text: string): string => `\\fB${escapeRoff(text)}\\fR`

/** Flags and placeholders: what is typed as it stands is bold, what is replaced is italic. */
export const markTerm = (term: string): string =>
  term
    .split(/([<[][^>\]]*[>\]])/)
    .filter(Boolean)
    .map((part) =>
      /^[<[]/.test(part) ? `\\fI${escapeRoff(part)}\\fR` : part.trim() === '' ? part : bold(part),
    )
    .join('')

export const section = (title: string, ...lines: readonly string[]): string =>
  [`.SH ${title}`, ...lines].join('\n')

/** A list of terms, each with its text under it. */
export const definitions = (rows: readonly (readonly [term: string, text: string])[]): string =>
  rows.flatMap(([term, text]) => ['.TP', markTerm(term), fill(text)]).join('\n')

/** Lines of shell or of text that are not filled. */
export const verbatim = (lines: readonly string[]): string =>
  ['.nf', ...lines.map((line) => escapeRoff(line)), '.fi'].join('\n')
