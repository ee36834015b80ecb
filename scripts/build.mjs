// Bundles src/ into dist/: one small entry, one file that most runs need, and the rest in chunks that are loaded when needed.
// They are CommonJS, which Node has loaded a tenth earlier than the same as ECMAScript modules.
// Beside the code it writes the licence texts of all that was bundled, as the bundler's own account of its inputs names it.
import { build, transform } from 'esbuild'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

process.chdir(new URL('..', import.meta.url).pathname)
rmSync('dist', { recursive: true, force: true })

/** commander asks for child_process to run executables as subcommands, which wasmpack has none of; loading it costs more than commander. */
const withoutChildProcess = {
  name: 'commander-without-child-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/node_modules/commander/') ? { path: 'none', namespace: 'none' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = {}' }))
  },
}

/** Short names in libraries, which are to be loaded fast, and our own as they are, which are to be read in a stack trace. */
const minifiedLibraries = {
  name: 'minified-libraries',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/.*\.js$/ }, async ({ path }) => ({
      contents: (await transform(readFileSync(path, 'utf8'), { minify: true, target: 'node20' })).code,
    }))
  },
}

/** What pushes and pulls from registries load, and most other runs too. */
const COMMON = [
  'commands/cli/context-factory.ts',
  'commands/cli/program.ts',
  'commands/push.ts',
  'commands/pull.ts',
  'delivery/open/open-registry.ts',
].map((path) => resolve('src', path))

/**
 * Puts that into one file: sixty files take longer to open than its 500 kB to read. Whoever loads a part of it on demand loads the
 * whole. The bundler makes a file of each set of modules that the same entries lead to, so all else that is loaded on demand is made
 * to lead there too.
 */
const commonInOneFile = {
  name: 'common-in-one-file',
  setup({ onResolve, onLoad }) {
    const ON_DEMAND = /import\('(\.[^']+)'\)/g
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.ts'),
    )
    const onDemand = new Set(
      sources.flatMap((path) =>
        [...readFileSync(join('src', path), 'utf8').matchAll(ON_DEMAND)].map(([, name]) =>
          resolve('src', dirname(path), name),
        ),
      ),
    )
    onResolve({ filter: /^common$/ }, () => ({ path: 'common', namespace: 'common' }))
    onLoad({ filter: /.*/, namespace: 'common' }, () => ({
      contents: COMMON.map((path) => `export * from ${JSON.stringify(path)}`).join('\n'),
      resolveDir: '.',
    }))
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const isCommon = (name) => COMMON.includes(resolve(dirname(path), name))
      const contents = readFileSync(path, 'utf8').replace(ON_DEMAND, (found, name) =>
        isCommon(name) ? "import('common')" : found,
      )
      const also = onDemand.has(path) && !COMMON.includes(path) ? "\nimport 'common'" : ''
      return { contents: contents + also, loader: 'ts' }
    })
  },
}

const { metafile, outputFiles } = await build({
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  // Only modules of this format can be split.
  format: 'esm',
  outExtension: { '.js': '.cjs' },
  write: false,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  plugins: [withoutChildProcess, minifiedLibraries, commonInOneFile],
  // The same library as one module graph of ESM, which loads in half the time of its CommonJS files.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
  define: { 'import.meta.url': 'importMetaUrl' },
})
for (const { path, text } of outputFiles) {
  const url = text.includes('importMetaUrl')
    ? "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;"
    : ''
  const { code } = await transform(text, {
    banner: `"use strict";${url}`,
    format: 'cjs',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    supported: { 'dynamic-import': false },
  })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, code)
}
writeFileSync('dist/metafile.json', JSON.stringify(metafile))

const packages = new Set()
for (const input of Object.keys(metafile.inputs)) {
  const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)
  if (found) packages.add(found[1])
}
const notices = [...packages].sort().map((directory) => {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
  const texts = files.map((file) => readFileSync(join(directory, file), 'utf8').trim())
  if (texts.length === 0 && existsSync(join(directory, 'README.md')))
    texts.push(
      /#+ licen[cs]e[\s\S]*/i.exec(readFileSync(join(directory, 'README.md'), 'utf8'))?.[0].trim() ?? '',
    )
  if (!texts.some(Boolean)) throw new Error(`${name} ships no licence text`)
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
})
writeFileSync('dist/THIRD-PARTY-LICENSES.txt', notices.join(`\n${'-'.repeat(80)}\n\n`))
