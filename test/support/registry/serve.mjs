// Runs the registry of the tests, which is TypeScript, for any client: --help tells how.
import { bundleSource } from '../../../scripts/bundle-source.mjs'

/** @type {typeof import('./serve.ts')} */
const { serve } = await import(await bundleSource('test/support/registry/serve.ts'))
try {
  await serve(process.argv.slice(2))
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n--help tells how it is used`)
  process.exitCode = 2
}
