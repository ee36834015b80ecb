import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The licence texts of the packages that modules are part of, package after package.
 * @param {readonly string[]} modules paths; what is not below `node_modules` is our own
 * @throws {Error} if a package comes without its licence text
 */
export function licenceTexts(modules) {
  const packages = new Set(
    modules.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  )
  return [...packages]
    .sort()
    .map(noticeOf)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** @param {string} directory */
function noticeOf(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
  const texts = files.map((file) => readFileSync(join(directory, file), 'utf8').trim())
  if (!texts.some(Boolean)) throw new Error(`${name} ${version} comes without a licence text`)
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
}
