// The main script of the standalone executable. It loads the chunks of the bundle from the executable's assets, each with the
// code that V8 had compiled when the executable was built, so a run reads and compiles only what it needs.
const sea = require('node:sea')
const { posix } = require('node:path')
const { Script } = require('node:vm')

// The types of Node 20 do not have it.
/** @type {Set<string>} */
const assets = new Set(/** @type {any} */ (sea).getAssetKeys())
/** @param {string} key */
const readAsset = (key) => Buffer.from(/** @type {ArrayBuffer} */ (sea.getRawAsset(key)))
/** @type {Map<string, { exports: unknown }>} */
const loaded = new Map()

/** @param {string} path of a chunk: `dist/cli.cjs` */
function load(path) {
  const known = loaded.get(path)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  loaded.set(path, module)
  const script = new Script(readAsset(path).toString('latin1'), {
    filename: path,
    // What another V8 compiled is refused, and compiled again.
    ...(assets.has(`${path}.code`) && { cachedData: readAsset(`${path}.code`) }),
  })
  /** @param {string} name */
  const requireFrom = (name) =>
    name.startsWith('.') ? load(posix.join(posix.dirname(path), name)) : require(name)
  script.runInThisContext()(module.exports, requireFrom, module, process.execPath)
  return module.exports
}

load('dist/cli.cjs')
