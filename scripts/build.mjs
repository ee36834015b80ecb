// Bundles src/ into dist/: the entry, one file that most runs need, and the rest in files that are loaded when needed. They are
// CommonJS, which Node has loaded a tenth earlier than the same as ECMAScript modules.
// Beside the code it writes the licence texts of all that was bundled, as the bundler's own account of its inputs names it; a package
// without one ends the build before anything is written.
import { isAbsolute, relative, resolve } from 'node:path'

import { build } from 'rolldown'

import { licenceTexts } from './licence-texts.mjs'

process.chdir(new URL('..', import.meta.url).pathname)

const ENTRY = resolve('src/cli.ts')
/** What pushes and pulls from registries load, and most other runs too: one file with all that these import. */
const COMMON = [
  'commands/cli/context-factory.ts',
  'commands/cli/program.ts',
  'commands/push.ts',
  'commands/pull.ts',
  'delivery/open/open-registry.ts',
].map((path) => resolve('src', path))

/** @type {Map<string, readonly string[]>} each module with those that it imports at once, by absolute path */
const modules = new Map()
/** @type {Set<string>} what the common file holds: nothing of the entry, which `--version` loads without it */
const common = new Set()
/** @type {import('rolldown').Plugin} */
const accountOfModules = {
  name: 'account-of-modules',
  buildEnd(error) {
    if (error) return
    for (const id of this.getModuleIds()) modules.set(id, this.getModuleInfo(id)?.importedIds ?? [])
    for (const path of COMMON) if (!modules.has(path)) throw new Error(`${path} is not part of the bundle`)
    const ofEntry = new Set()
    collect([ENTRY], ofEntry)
    collect(COMMON, common, ofEntry)
  },
  generateBundle() {
    const paths = [...modules.keys()].filter(isAbsolute).map((path) => relative('.', path))
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: licenceTexts(paths) })
    this.emitFile({ type: 'asset', fileName: 'modules.json', source: JSON.stringify(paths) })
  },
}

/**
 * Adds modules and all that they import to `found`, but for those in `without`.
 * @param {readonly string[]} ids
 * @param {Set<string>} found
 * @param {ReadonlySet<string>} [without]
 */
function collect(ids, found, without) {
  for (const id of ids) {
    if (found.has(id) || without?.has(id)) continue
    found.add(id)
    collect(modules.get(id) ?? [], found, without)
  }
}

/**
 * commander asks for child_process to run executables as subcommands, which wasmpack has none of; loading it costs more than commander.
 * @type {import('rolldown').Plugin}
 */
const withoutChildProcess = {
  name: 'commander-without-child-process',
  resolveId: {
    filter: { id: /^node:child_process$/ },
    handler: (_, importer) => (importer?.includes('/node_modules/commander/') ? '\0none' : undefined),
  },
  load: { filter: { id: /^\0none$/ }, handler: () => 'module.exports = {}' },
}

await build({
  input: ENTRY,
  platform: 'node',
  transform: { target: 'node20.19' },
  // The same library as one module graph of ESM, which loads in half the time of its CommonJS files.
  resolve: { alias: { yaml: resolve('node_modules/yaml/browser/index.js') } },
  plugins: [withoutChildProcess, accountOfModules],
  // The other files import from the entry what it has in common with them.
  preserveEntrySignatures: 'allow-extension',
  // A module of the common file may be one that is loaded on demand.
  checks: { ineffectiveDynamicImport: false },
  onLog(level, { message }) {
    if (level === 'warn') throw new Error(message)
  },
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    codeSplitting: {
      // A file of each set of modules that the same runs need takes longer to open, there being so many, than its 400 kB to read.
      groups: [{ name: 'common', test: (id) => common.has(id) }],
      // They are in the set already.
      includeDependenciesRecursively: false,
    },
    strict: true,
    esModule: false,
    dynamicImportInCjs: false,
    externalLiveBindings: false,
    generatedCode: { symbols: false },
    topLevelVar: true,
    comments: false,
    // Names of functions and classes are to be read in a stack trace.
    minify: {
      compress: { target: 'node20.19', keepNames: { function: true, class: true } },
      mangle: { keepNames: true },
      // A single character beyond ASCII, and Node keeps the whole file in two bytes for each.
      codegen: { removeWhitespace: true, asciiOnly: true },
    },
  },
})
