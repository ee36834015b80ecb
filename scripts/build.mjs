// Bundles src/ into dist/: one small entry, every verb and heavy library a chunk of its own that is loaded when needed.
// Beside the code it writes the licence texts of all that was bundled, as the bundler's own account of its inputs names it.
import { build, transform } from 'esbuild'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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

const { metafile } = await build({
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  plugins: [withoutChildProcess, minifiedLibraries],
  // The same library as one module graph of ESM, which loads in half the time of its CommonJS files.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
  // Bundled CommonJS libraries call require() for Node's own modules.
  banner: { js: "import {createRequire as __cr} from 'node:module'; const require = __cr(import.meta.url);" },
})
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
