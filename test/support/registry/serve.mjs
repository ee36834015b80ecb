// Bundles the registry of the tests, which is TypeScript, and runs it for any client: --help tells how.
import { build } from 'esbuild'

process.chdir(new URL('../../..', import.meta.url).pathname)
const outfile = 'node_modules/.cache/wasmpack-registry/serve.mjs'
await build({
  entryPoints: ['test/support/registry/serve.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
})
const { serve } = await import(`../../../${outfile}`)
try {
  await serve(process.argv.slice(2))
} catch (error) {
  console.error(`${error.message}\n--help tells how it is used`)
  process.exitCode = 2
}
