import type { Runtime } from './runtime.ts'

export const WASSETTE: Runtime = {
  name: 'wassette',
  grants: {
    env: '`permissions.environment.allow[].key`',
    filesystem: '`permissions.storage.allow[]` with `access: [read, write]`',
    'http.outgoing': '`permissions.network.allow[].host`',
    'sockets.dns': 'with any `permissions.network.allow[]`',
    sockets: 'with any `permissions.network.allow[]`',
  },
}
