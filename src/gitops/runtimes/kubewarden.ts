import type { Runtime } from './runtime.ts'

export const KUBEWARDEN: Runtime = {
  name: 'Kubewarden',
  grants: {
    hostCalls: '`hostCapabilities` in `metadata.yml`',
  },
}
