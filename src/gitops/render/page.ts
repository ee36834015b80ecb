/** Of a memory, in bytes: https://webassembly.github.io/spec/core/exec/runtime.html#memory-instances */
export const PAGE = 65_536
