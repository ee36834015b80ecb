// Builds what is released into release/: `npm run release`, or `npm run release -- PLATFORM...`. See docs/install.md.
import { bundleSource } from './bundle-source.mjs'

process.chdir(new URL('..', import.meta.url).pathname)

/** @type {typeof import('./release/release.ts')} */
const { release } = await import(await bundleSource('scripts/release/release.ts'))
try {
  await release(process.argv.slice(2))
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
