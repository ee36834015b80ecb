import type { ClassRule } from '../class-rule.ts'

/** Classes of proxy-wasm imports, one for each grant of `proxy`. */
export const PROXY_CLASSES = {
  'proxy.log': {
    meaning: 'write to the log of the proxy',
    risk: 'low',
    grants: ['proxy.log'],
    example: 'proxy: [log]',
  },
  'proxy.timer': {
    meaning: 'be called periodically',
    risk: 'low',
    grants: ['proxy.timer'],
    example: 'proxy: [timer]',
  },
  'proxy.config': {
    meaning: 'read the configuration of the filter',
    risk: 'low',
    grants: ['proxy.config'],
    example: 'proxy: [config]',
  },
  'proxy.headers.read': {
    meaning: 'read headers and trailers of proxied requests',
    risk: 'medium',
    grants: ['proxy.headers.read'],
    example: 'proxy: [headers.read]',
  },
  'proxy.headers.write': {
    meaning: 'change headers and trailers of proxied requests',
    risk: 'high',
    grants: ['proxy.headers.write'],
    example: 'proxy: [headers.write]',
  },
  'proxy.body.read': {
    meaning: 'read bodies and other proxied data',
    risk: 'medium',
    grants: ['proxy.body.read'],
    example: 'proxy: [body.read]',
  },
  'proxy.body.write': {
    meaning: 'change bodies and other proxied data',
    risk: 'high',
    grants: ['proxy.body.write'],
    example: 'proxy: [body.write]',
  },
  'proxy.stream': {
    meaning: 'answer, continue or close a request',
    risk: 'medium',
    grants: ['proxy.stream'],
    example: 'proxy: [stream]',
  },
  'proxy.properties.read': {
    meaning: 'read properties of requests, peers and the proxy',
    risk: 'medium',
    grants: ['proxy.properties.read'],
    example: 'proxy: [properties.read]',
    runtime: 'which properties it reads is up to the proxy',
  },
  'proxy.properties.write': {
    meaning: 'set properties that control the proxy and other filters',
    risk: 'high',
    grants: ['proxy.properties.write'],
    example: 'proxy: [properties.write]',
    runtime: 'which properties it sets is up to the proxy',
  },
  'proxy.metrics': {
    meaning: 'define and change metrics of the proxy',
    risk: 'low',
    grants: ['proxy.metrics'],
    example: 'proxy: [metrics]',
  },
  'proxy.shared-data': {
    meaning: 'read and write data that filters share',
    risk: 'medium',
    grants: ['proxy.shared-data'],
    example: 'proxy: [shared-data]',
  },
  'proxy.shared-queue': {
    meaning: 'read and write queues that filters share',
    risk: 'medium',
    grants: ['proxy.shared-queue'],
    example: 'proxy: [shared-queue]',
  },
  'proxy.http-call': {
    meaning: 'send HTTP requests of its own',
    risk: 'high',
    grants: ['proxy.http-call'],
    example: 'proxy: [http-call]',
    runtime: 'which clusters it reaches is up to the proxy',
  },
  'proxy.grpc-call': {
    meaning: 'send gRPC requests of its own',
    risk: 'high',
    grants: ['proxy.grpc-call'],
    example: 'proxy: [grpc-call]',
    runtime: 'which services it reaches is up to the proxy',
  },
  'proxy.foreign-function': {
    meaning: 'call any function registered in the proxy, by name',
    risk: 'high',
    grants: ['proxy.foreign-function'],
    example: 'proxy: [foreign-function]',
    runtime: 'which functions it calls, and what they do, is up to the proxy',
  },
} as const satisfies Readonly<Record<string, ClassRule>>
