// Runs main.cjs under Node as the executable would, with assets from a directory, and writes what V8 has compiled by the end of
// the run beside the chunks: `node record-code.cjs ASSETS ARGUMENT...`. It starts from what earlier runs wrote.
const { readdirSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const vm = require('node:vm')

const directory = /** @type {string} */ (process.argv.splice(2, 1)[0])
/** @type {Map<string, vm.Script>} */
const scripts = new Map()

class RecordedScript extends vm.Script {
  /**
   * @param {string} source
   * @param {vm.ScriptOptions & { filename: string }} options
   */
  constructor(source, options) {
    super(source, options)
    scripts.set(options.filename, this)
  }
}

/** @param {string} key */
const getRawAsset = (key) => {
  const { buffer, byteOffset, length } = readFileSync(join(directory, key))
  return buffer.slice(byteOffset, byteOffset + length)
}
const getAssetKeys = () => readdirSync(directory, { recursive: true, encoding: 'utf8' })
/** @type {Readonly<Record<string, unknown>>} */
const replaced = {
  'node:sea': { getAsset: getRawAsset, getAssetKeys, getRawAsset, isSea: () => true },
  'node:vm': { ...vm, Script: RecordedScript },
}

process.on('exit', () => {
  for (const [path, script] of scripts)
    writeFileSync(join(directory, `${path}.code`), script.createCachedData())
})
const main = readFileSync(join(__dirname, 'main.cjs'), 'utf8')
vm.compileFunction(main, ['require'])((/** @type {string} */ name) => replaced[name] ?? require(name))
