import type { Runtime } from './runtime.ts'

export const WASMTIME: Runtime = {
  name: 'Wasmtime',
  grants: {
    stdio: 'inherited; `-S inherit-stdin=n`, `-S inherit-stdout=n` and `-S inherit-stderr=n` take it away',
    clocks: 'always',
    random: 'always',
    args: 'what follows the module on the command line',
    env: '`--env NAME[=VALUE]`, or `-S inherit-env` for all',
    filesystem: '`--dir HOST[::GUEST]`, always read-write: there is no flag for read-only',
    'http.outgoing': '`-S http`, for any host: there is no flag that limits them',
    'sockets.dns': '`-S allow-ip-name-lookup`',
    'sockets.tls': '`-S tls`',
    sockets: '`-S inherit-network`, for any peer; `-S tcp=n` and `-S udp=n` take one away',
    config: '`-S config -S config-var=KEY=VALUE`',
    keyvalue: '`-S keyvalue`, in memory, with `-S keyvalue-in-memory-data=KEY=VALUE`',
    nn: '`-S nn -S nn-graph=FORMAT::DIRECTORY`',
    threads: '`-S threads`, up to version 48',
  },
}
