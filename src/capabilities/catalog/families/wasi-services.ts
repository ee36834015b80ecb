import type { Family } from './family.ts'

export const WASI_KEYVALUE: Family = {
  title: 'wasi-keyvalue',
  spec: 'https://github.com/WebAssembly/wasi-keyvalue',
  versions: '0.2.0-draft 0.2.0-draft2',
  interfaces: {
    'wasi:keyvalue/store': {
      keyvalue: 'open',
      'keyvalue.get': '[method]bucket.get [method]bucket.exists',
      'keyvalue.list': '[method]bucket.list-keys',
      'keyvalue.set': '[method]bucket.set',
      'keyvalue.delete': '[method]bucket.delete',
    },
    'wasi:keyvalue/atomics': {
      'keyvalue.get': '[static]cas.new [method]cas.current',
      'keyvalue.set': 'increment swap',
    },
    'wasi:keyvalue/batch': {
      'keyvalue.get': 'get-many',
      'keyvalue.set': 'set-many',
      'keyvalue.delete': 'delete-many',
    },
    'wasi:keyvalue/watcher': { entry: 'on-set on-delete' },
  },
}

/** `runtime` is the older name of `store`. */
export const WASI_CONFIG: Family = {
  title: 'wasi-config',
  spec: 'https://github.com/WebAssembly/wasi-config',
  interfaces: {
    'wasi:config/store@0.2.0-draft 0.2.0-draft-2024-09-27 0.2.0-rc.1': { config: 'get get-all' },
    'wasi:config/runtime@0.2.0-draft': { config: 'get get-all' },
  },
}

/** Listing shows the names of objects, reading their content. */
export const WASI_BLOBSTORE: Family = {
  title: 'wasi-blobstore',
  spec: 'https://github.com/WebAssembly/wasi-blobstore',
  versions: '0.2.0-draft',
  interfaces: {
    'wasi:blobstore/blobstore': {
      blobstore: 'get-container container-exists',
      'blobstore.set': 'create-container copy-object',
      'blobstore.delete': 'delete-container move-object',
    },
    'wasi:blobstore/container': {
      blobstore: '[method]container.name [method]container.info',
      'blobstore.get': `
        [method]container.get-data [method]container.has-object [method]container.object-info
      `,
      'blobstore.list': `
        [method]container.list-objects [method]stream-object-names.read-stream-object-names
        [method]stream-object-names.skip-stream-object-names
      `,
      'blobstore.set': '[method]container.write-data',
      'blobstore.delete': `
        [method]container.delete-object [method]container.delete-objects [method]container.clear
      `,
    },
    'wasi:blobstore/types': {
      'blobstore.types': `
        [static]outgoing-value.new-outgoing-value [method]outgoing-value.outgoing-value-write-body
        [static]outgoing-value.finish [static]incoming-value.incoming-value-consume-sync
        [static]incoming-value.incoming-value-consume-async [method]incoming-value.size
      `,
    },
  },
}

export const WASI_MESSAGING: Family = {
  title: 'wasi-messaging',
  spec: 'https://github.com/WebAssembly/wasi-messaging',
  versions: '0.2.0-draft',
  interfaces: {
    'wasi:messaging/incoming-handler': { messaging: 'handle' },
    'wasi:messaging/producer': { messaging: 'send' },
    'wasi:messaging/request-reply': {
      messaging: 'request reply',
      'messaging.types': `
        [constructor]request-options [method]request-options.set-timeout-ms
        [method]request-options.set-expected-replies
      `,
    },
    'wasi:messaging/types': {
      messaging: '[static]client.connect',
      'messaging.types': `
        [method]client.disconnect [constructor]message [method]message.topic [method]message.content-type
        [method]message.set-content-type [method]message.data [method]message.set-data
        [method]message.metadata [method]message.add-metadata [method]message.set-metadata
        [method]message.remove-metadata
      `,
    },
  },
}

export const WASI_NN: Family = {
  title: 'wasi-nn',
  spec: 'https://github.com/WebAssembly/wasi-nn/blob/main/wit/wasi-nn.wit',
  versions: '0.2.0-rc-2024-06-25 0.2.0-rc-2024-08-19 0.2.0-rc-2024-10-28',
  interfaces: {
    'wasi:nn/tensor': {
      'nn.types': '[constructor]tensor [method]tensor.dimensions [method]tensor.ty [method]tensor.data',
    },
    'wasi:nn/graph': {
      'nn.load': 'load',
      'nn.graphs': 'load-by-name',
      'nn.types': '[method]graph.init-execution-context',
    },
    'wasi:nn/inference': {
      'nn.types': `
        [method]graph-execution-context.compute [method]graph-execution-context.set-input
        [method]graph-execution-context.get-output
      `,
    },
    'wasi:nn/errors': { 'nn.types': '[constructor]error [method]error.code [method]error.data' },
  },
}

/** Many components import it without a version. */
export const WASI_LOGGING: Family = {
  title: 'wasi-logging',
  spec: 'https://github.com/WebAssembly/wasi-logging',
  interfaces: { 'wasi:logging/logging@ 0.1.0-draft 0.2.0-rc-2023-10-18': { logging: 'log' } },
}

export const WASI_OTEL: Family = {
  title: 'wasi-otel',
  spec: 'https://github.com/WebAssembly/wasi-otel',
  versions: '0.2.0-rc.1 0.2.0-rc.2',
  interfaces: {
    'wasi:otel/logs': { telemetry: 'on-emit' },
    'wasi:otel/metrics': { telemetry: 'export' },
    'wasi:otel/tracing': { telemetry: 'on-start on-end outer-span-context current-span-context' },
    'wasi:otel/types': {},
  },
}

/** The predecessor of wasi-otel. */
export const WASI_OBSERVE: Family = {
  title: 'wasi-observe',
  spec: 'https://github.com/WebAssembly/wasi-observe',
  interfaces: {
    'wasi:observe/tracer@': {
      telemetry: `
        start [method]span.span-context [method]span.is-recording [method]span.set-attributes
        [method]span.add-event [method]span.add-link [method]span.set-status [method]span.update-name
        [method]span.end
      `,
    },
  },
}

export const WASI_TLS: Family = {
  title: 'wasi-tls',
  spec: 'https://github.com/WebAssembly/wasi-tls',
  interfaces: {
    'wasi:tls/types@0.2.0-draft': {
      'sockets.tls': '[constructor]client-handshake [static]client-handshake.finish',
      io: `
        [method]client-connection.close-output [method]future-client-streams.subscribe
        [method]future-client-streams.get
      `,
    },
    'wasi:tls/types@0.3.0-draft': { io: '[method]error.to-debug-string' },
    'wasi:tls/client@0.3.0-draft': {
      'sockets.tls': '[constructor]connector [static]connector.connect',
      io: '[method]connector.send [method]connector.receive',
    },
  },
}
