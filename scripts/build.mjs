// Bundles src/ into dist/ as CommonJS, which Node loads a tenth faster than ECMAScript modules: the entry, a common chunk for most
// commands, and chunks loaded on demand. Also writes the licence texts of all bundled packages; a package without one fails the build
// before anything is written.
import { isAbsolute, relative, resolve } from 'node:path'

import { build } from 'rolldown'

import { joinLicenceTexts } from './licence-texts.mjs'
import { readCommit } from './read-commit.mjs'

process.chdir(new URL('..', import.meta.url).pathname)

const ENTRY = resolve('src/cli.ts')
/** The modules of the common chunk, with everything they import: most commands need them. */
const COMMON = [
  'commands/cli/context-factory.ts',
  'commands/cli/program.ts',
  'commands/push.ts',
  'commands/pull.ts',
  'delivery/open/open-registry.ts',
].map((path) => resolve('src', path))

/** @type {Map<string, readonly string[]>} the static imports of each module, by absolute path */
const modules = new Map()
/** @type {Set<string>} the common chunk; it shares no module with the entry, so `--version` runs without it */
const common = new Set()
/** @type {import('rolldown').Plugin} */
const moduleLister = {
  name: 'module-lister',
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
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: joinLicenceTexts(paths) })
    this.emitFile({ type: 'asset', fileName: 'modules.json', source: JSON.stringify(paths) })
  },
}

/**
 * Adds modules and their static imports to `found`, except those in `without`.
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
 * commander loads child_process for subcommands that are executables; wasmpack has none, and loading it takes longer than commander.
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

const commit = readCommit(process.cwd())

await build({
  input: ENTRY,
  platform: 'node',
  transform: {
    target: 'node20.19',
    ...(commit === undefined ? {} : { define: { BUILD_COMMIT: JSON.stringify(commit) } }),
  },
  // The ESM build of the same library loads in half the time of the CommonJS one.
  resolve: { alias: { yaml: resolve('node_modules/yaml/browser/index.js') } },
  plugins: [withoutChildProcess, moduleLister],
  // Chunks import shared modules from the entry.
  preserveEntrySignatures: 'allow-extension',
  // The common chunk contains modules that are imported dynamically elsewhere.
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
      // Opening a hundred small files takes longer than reading 400 kB.
      groups: [{ name: 'common', test: (id) => common.has(id) }],
      // The set already contains the imports.
      includeDependenciesRecursively: false,
    },
    strict: true,
    esModule: false,
    dynamicImportInCjs: false,
    externalLiveBindings: false,
    generatedCode: { symbols: false },
    topLevelVar: true,
    comments: false,
    // Stack traces need the names of functions and classes.
    minify: {
      compress: { target: 'node20.19', keepNames: { function: true, class: true } },
      mangle: { keepNames: true },
      // One non-ASCII character would make V8 store and parse the whole file as UTF-16.
      codegen: { removeWhitespace: true, asciiOnly: true },
    },
  },
})
