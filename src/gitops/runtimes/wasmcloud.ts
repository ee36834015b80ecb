import type { Runtime } from './runtime.ts'

const HOST_INTERFACES = '`hostInterfaces[]` of the workload, with its `config`'

export const WASMCLOUD: Runtime = {
  name: 'wasmCloud',
  grants: {
    env: '`localResources.environment` with `config`, `configFrom` or `secretFrom`',
    filesystem: '`localResources.volumeMounts[]` with `mountPath` and `readOnly`',
    'http.outgoing': '`localResources.allowedHosts`; empty reaches none',
    'sockets.dns': '`localResources.allowedIpNameLookups`; empty looks up none',
    sockets: '`localResources.allowedHosts`',
    config: HOST_INTERFACES,
    secrets: HOST_INTERFACES,
    keyvalue: HOST_INTERFACES,
    blobstore: HOST_INTERFACES,
    messaging: HOST_INTERFACES,
    'database.postgres': HOST_INTERFACES,
  },
}
