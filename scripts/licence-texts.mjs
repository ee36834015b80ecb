import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Joins the licence texts of the packages that contain the modules, sorted by path.
 * @param {readonly string[]} modules paths; those outside `node_modules` are ignored
 * @throws {Error} if a package has no licence text
 */
export function joinLicenceTexts(modules) {
  const packages = new Set(
    modules.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  )
  return [...packages]
    .sort()
    .map(readNotice)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** @param {string} directory of a package */
function readNotice(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
  const texts = files.map((file) => readFileSync(join(directory, file), 'utf8').trim())
  if (!texts.some(Boolean)) throw new Error(`${name} ${version} has no licence text`)
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
}
