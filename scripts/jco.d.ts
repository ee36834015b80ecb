// What wit-worker.mjs uses of two packages that are no dependencies: they are fetched only to make assets/wasm-tools.

declare module '@bytecodealliance/preview2-shim/filesystem' {
  export function _setFileData(root: { readonly dir: Readonly<Record<string, unknown>> }): void
}

declare module '@bytecodealliance/jco-transpile/vendor/wasm-tools' {
  export const $init: Promise<void>
  export const tools: {
    /** Throws an error whose `payload` is a string if the text is refused. */
    componentEmbed(options: {
      readonly witSource?: string | undefined
      readonly witPath?: string
      readonly world?: string | undefined
      readonly dummy?: boolean
    }): Uint8Array<ArrayBuffer>
  }
}
