// Bundles src/ into dist/ as CommonJS, which Node loads a tenth faster than ECMAScript modules: the entry, a few shared chunks, and
// chunks loaded on demand. Also writes the licence texts of all bundled packages; a package without one fails the build
// before anything is written.
import { isAbsolute, relative, resolve } from 'node:path'

import { build } from 'rolldown'

import { joinLicenceTexts } from './licence-texts.mjs'
import { readCommit } from './read-commit.mjs'

process.chdir(new URL('..', import.meta.url).pathname)

const ENTRY = resolve('src/cli.ts')
/**
 * The shared chunks: a line adds the modules that all of its lists import, apart from those of the entry and of the lines before it.
 * Opening a hundred small files takes longer than reading 400 kB, and parsing what a command does not need takes longer than opening
 * three.
 * @type {readonly (readonly [name: string, ...lists: (readonly string[])[]])[]}
 */
const SHARED = [
  ['common', ['commands/cli/context-factory.ts', 'commands/cli/program.ts', 'commands/validate.ts']],
  ['common', ['capabilities/manifest/manifest-text.ts'], ['commands/push.ts']],
  ['transfer', ['commands/push.ts'], ['commands/pull.ts']],
  ['transfer', ['commands/push.ts'], ['delivery/open/open-registry.ts']],
  ['transfer', ['commands/push.ts'], ['commands/verify.ts']],
  ['registry', ['delivery/open/open-registry.ts']],
  ['publish', ['commands/push.ts']],
  ['admit', ['commands/pull.ts']],
]

/** @type {Map<string, readonly string[]>} the static imports of each module, by absolute path */
const modules = new Map()
/** @type {Map<string, string>} the shared chunk of a module; none shares a module with the entry, so `--version` runs without them */
const chunks = new Map()
/** @type {import('rolldown').Plugin} */
const moduleLister = {
  name: 'module-lister',
  buildEnd(error) {
    if (error) return
    for (const id of this.getModuleIds()) modules.set(id, this.getModuleInfo(id)?.importedIds ?? [])
    const ofEntry = collectImports([ENTRY])
    for (const [name, ...lists] of SHARED) {
      const [first = new Set(), ...others] = lists.map((paths) =>
        collectImports(paths.map((path) => resolve('src', path))),
      )
      for (const id of first)
        if (!ofEntry.has(id) && !chunks.has(id) && others.every((other) => other.has(id)))
          chunks.set(id, name)
    }
  },
  generateBundle() {
    const paths = [...modules.keys()].filter(isAbsolute).map((path) => relative('.', path))
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: joinLicenceTexts(paths) })
    this.emitFile({ type: 'asset', fileName: 'modules.json', source: JSON.stringify(paths) })
  },
}

/**
 * Modules with everything they import statically.
 * @param {readonly string[]} ids
 * @param {Set<string>} [found] what is known already
 */
function collectImports(ids, found = new Set()) {
  for (const id of ids) {
    if (found.has(id)) continue
    if (isAbsolute(id) && !modules.has(id)) throw new Error(`${id} is not part of the bundle`)
    found.add(id)
    collectImports(modules.get(id) ?? [], found)
  }
  return found
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
  // The shared chunks contain modules that are imported dynamically elsewhere.
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
      groups: [...new Set(SHARED.map(([name]) => name))].map((name) => ({
        name,
        test: (/** @type {string} */ id) => chunks.get(id) === name,
      })),
      // The chunks already contain the imports.
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
