import manifest from '../package.json' with { type: 'json' }

/** The version of this wasmpack, from package.json. */
export const VERSION: string = manifest.version

declare const BUILD_COMMIT: string | undefined

/** The commit that the bundle was built from; undefined if the build had changes beside it, or no repository. */
export const COMMIT: string | undefined = typeof BUILD_COMMIT === 'undefined' ? undefined : BUILD_COMMIT
