// Keeps the compiled code of wasmpack from run to run, where Node can (22.8 and newer). Node runs what it finds in such a directory,
// so it is used only if nobody but the user can change it: never the directory of temporary files, which is Node's default.
const { existsSync, lstatSync, mkdirSync, realpathSync } = require('node:fs')
const module_ = require('node:module')
const { homedir } = require('node:os')
const { dirname, isAbsolute, join } = require('node:path')

/** Does nothing where there is no home, where nothing can be written, or on Windows, whose permissions are others. */
function enableCodeCache() {
  if (module_.enableCompileCache === undefined || process.getuid === undefined) return
  try {
    const directory = findDirectory()
    if (directory === undefined) return
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const real = realpathSync(directory)
    if (isPrivate(real)) module_.enableCompileCache(real)
  } catch {
    // A run without a cache is as good, only slower.
  }
}

function findDirectory() {
  const {
    XDG_CACHE_HOME: given,
    NODE_COMPILE_CACHE: chosen,
    NODE_DISABLE_COMPILE_CACHE: disabled,
  } = process.env
  if (chosen || disabled) return undefined // Node has a directory already, or is to have none
  if (given !== undefined && isAbsolute(given)) return join(given, 'wasmpack/code')
  const home = homedir()
  return existsSync(home) ? join(home, '.cache/wasmpack/code') : undefined
}

/** Whether the user owns it, and nobody else can replace it or a directory above it. */
function isPrivate(directory) {
  const me = process.getuid()
  const own = lstatSync(directory)
  if (!own.isDirectory() || own.uid !== me || (own.mode & 0o022) !== 0) return false
  for (let above = dirname(directory); ; above = dirname(above)) {
    const { uid, mode } = lstatSync(above)
    const isSticky = (mode & 0o1000) !== 0 // others can add files there, but replace none
    if ((uid !== me && uid !== 0) || ((mode & 0o022) !== 0 && !isSticky)) return false
    if (above === dirname(above)) return true
  }
}

module.exports = { enableCodeCache }
