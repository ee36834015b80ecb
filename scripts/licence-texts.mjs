import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Packages that are published without the licence text of their repository, and the package of the same repository that has it.
 * @type {Readonly<Record<string, string>>}
 */
const SAME_REPOSITORY = { '@sigstore/verify': '@sigstore/core' }

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
  const { name, version, license, repository } = readPackage(directory)
  const relative = SAME_REPOSITORY[name]
  const source = relative === undefined ? directory : join(directory.slice(0, -name.length), relative)
  const { license: found, repository: home } = readPackage(source)
  if (found !== license || home?.url !== repository?.url)
    throw new Error(`${name} ${version} is not of the repository of ${relative}`)
  const files = readdirSync(source).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
  const texts = files.map((file) => readFileSync(join(source, file), 'utf8').trim())
  if (!texts.some(Boolean)) throw new Error(`${name} ${version} has no licence text`)
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
}

/**
 * @param {string} directory
 * @returns {{ name: string, version: string, license: string, repository?: { url: string } }}
 */
const readPackage = (directory) => JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
