/** Makes wasmpack run the V8 probe and nothing else. The standalone executable starts itself with it, since it has no `node -e`. */
export const V8_PROBE_FLAG = '--v8-probe'
