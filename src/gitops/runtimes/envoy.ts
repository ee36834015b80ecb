import type { Runtime } from './runtime.ts'

export const ENVOY: Runtime = {
  name: 'Envoy',
  grants: {
    nativeCode: '`vm_config.allow_precompiled: true`',
    proxy:
      '`capability_restriction_config.allowed_capabilities`, by the names of the functions; an empty map allows everything',
  },
}
