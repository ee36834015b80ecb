import type { RequestedCoreImport, RequestedImport } from './classify.ts'

export type RequestedStringConstant = RequestedCoreImport & { readonly core: { readonly kind: 'global' } }

/** The types that `importedStringConstants` accepts, as in the text format. */
export const STRING_CONSTANT_TYPES: readonly string[] = ['externref', '(ref extern)']

/**
 * Whether an import is an immutable reference to a host value, as compilers to Wasm GC import their string constants: its name is
 * data, and without a function it has no effect.
 * https://github.com/WebAssembly/js-string-builtins/blob/main/proposals/js-string-builtins/Overview.md#string-constants
 */
export const isStringConstant = (request: RequestedImport): request is RequestedStringConstant =>
  request.from === 'core' &&
  request.core.kind === 'global' &&
  STRING_CONSTANT_TYPES.includes(request.core.type)
