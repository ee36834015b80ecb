import type { Runtime } from './runtime.ts'

export const EXTISM: Runtime = {
  name: 'Extism',
  grants: {
    filesystem: '`allowed_paths`, with `ro:` before a path that is read-only',
    'http.outgoing': '`allowed_hosts`; empty reaches none',
    config: '`config`',
    keyvalue: 'always; `memory.max_var_bytes` limits them',
  },
}
