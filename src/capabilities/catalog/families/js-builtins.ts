import type { Family } from './family.ts'

/** Functions that JavaScript engines provide themselves, without a host function behind them. */
export const JS_BUILTINS: Family = {
  title: 'JS String Builtins',
  spec: 'https://github.com/WebAssembly/js-string-builtins/blob/main/proposals/js-string-builtins/Overview.md',
  modules: {
    'wasm:js-string': {
      engine: `
        cast test fromCharCodeArray intoCharCodeArray fromCharCode fromCodePoint charCodeAt codePointAt length concat
        substring equals compare
      `,
    },
    'wasm:text-encoder': {
      engine: 'measureStringAsUTF8 encodeStringIntoUTF8Array encodeStringToUTF8Array',
    },
    'wasm:text-decoder': { engine: 'decodeStringFromUTF8Array' },
  },
}
