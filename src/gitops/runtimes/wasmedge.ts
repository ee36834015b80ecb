import type { Runtime } from './runtime.ts'

export const WASMEDGE: Runtime = {
  name: 'WasmEdge',
  grants: {
    env: '`--env NAME=VALUE`',
    filesystem: '`--dir GUEST:HOST[:readonly]`',
    'sockets.dns': 'always',
    sockets: 'always',
    nn: 'its plug-in wasi_nn',
    crypto: 'its plug-in wasi_crypto',
    nativeCode: 'always; `--force-interpreter` runs the module instead',
  },
}
