// Runs the registries of the interoperability suite on loopback for a developer, and with the argument `sigstore` the private
// Sigstore too; prints where, and ends them with Ctrl-C.
import { bundleSource } from '../../scripts/bundle-source.mjs'

await import(await bundleSource('test/stack/up.ts'))
