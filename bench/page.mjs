// The figures of docs/performance.md: each subject has a section of its own between two marks.

/**
 * Puts what was measured between the marks of a subject.
 * @param {string} page
 * @param {string} subject
 * @param {string} text
 */
export function fillSection(page, subject, text) {
  const [begin, end] = [`<!-- ${subject} -->\n`, `<!-- /${subject} -->\n`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no section for ${subject}`)
  return `${page.slice(0, from + begin.length)}${text.trim()}\n${page.slice(to)}`
}

/**
 * What a subject prints while it measures, which still goes to the terminal.
 * @param {() => Promise<void>} measure
 */
export async function record(measure) {
  const { log } = console
  /** @type {string[]} */
  const lines = []
  console.log = (line) => {
    lines.push(String(line))
    log(line)
  }
  try {
    await measure()
  } finally {
    console.log = log
  }
  return lines.join('\n')
}
