import type { Family } from './family.ts'

/** `lattice` chooses among the links that an operator has made. `workload-call` directs calls to any workload that allows it. */
export const WASMCLOUD: Family = {
  title: 'wasmCloud',
  spec: 'https://github.com/wasmCloud/wasmCloud/tree/main/wit',
  interfaces: {
    'wasmcloud:blobstore/blobstore@0.1': {
      blobstore: 'get-container container-exists',
      'blobstore.set': 'create-container copy-object',
      'blobstore.delete': 'delete-container move-object',
    },
    'wasmcloud:blobstore/container@0.1': {
      blobstore: '[method]container.name [method]container.info',
      'blobstore.get': `
        [method]container.get-data [method]container.has-object [method]container.object-info
      `,
      'blobstore.list': '[method]container.list-objects',
      'blobstore.set': '[method]container.write-data',
      'blobstore.delete': `
        [method]container.delete-object [method]container.delete-objects [method]container.clear
      `,
    },
    'wasmcloud:blobstore/types@0.1': {},
    'wasmcloud:keyvalue/store@0.2': { keyvalue: 'open' },
    'wasmcloud:keyvalue/types@0.2': {
      'keyvalue.get': '[method]bucket.get [method]bucket.exists',
      'keyvalue.list': '[method]bucket.list-keys',
      'keyvalue.set': '[method]bucket.set',
      'keyvalue.delete': '[method]bucket.delete',
    },
    'wasmcloud:keyvalue/atomics@0.2': { 'keyvalue.set': 'increment' },
    'wasmcloud:keyvalue/cas@0.2': { 'keyvalue.get': 'current', 'keyvalue.set': 'swap' },
    'wasmcloud:keyvalue/batch@0.2': {
      'keyvalue.get': 'get-many',
      'keyvalue.set': 'set-many',
      'keyvalue.delete': 'delete-many',
    },
    'wasmcloud:keyvalue/watcher@0.2': { entry: 'on-set on-delete' },
    'wasmcloud:messaging/consumer@0.2 0.3': { messaging: 'publish request' },
    'wasmcloud:messaging/handler@0.2 0.3': { messaging: 'handle-message' },
    'wasmcloud:messaging/types@0.2 0.3': {},
    'wasmcloud:postgres/query@0.1.0-draft 0.1.1-draft 0.2': { 'database.postgres': 'query query-batch' },
    'wasmcloud:postgres/prepared@0.1.0-draft 0.1.1-draft 0.2': { 'database.postgres': 'prepare exec' },
    'wasmcloud:postgres/types@0.1.0-draft 0.1.1-draft 0.2': {},
    'wasmcloud:secrets/store@0.1.0-draft 1 2': { secrets: 'get' },
    'wasmcloud:secrets/secret@2': { secrets: 'get' },
    'wasmcloud:secrets/reveal@0.1.0-draft 1 2': { secrets: 'reveal' },
    'wasmcloud:bus/lattice@1 2': {
      call: '[constructor]call-target-interface set-link-name',
    },
    'wasmcloud:host/types@0.1': {},
    'wasmcloud:host/identity@0.1': { call: 'get-component-id get-workload-id' },
    'wasmcloud:host/cancel@0.1': { call: 'current-job is-cancelled request-cancel' },
    'wasmcloud:host/workload-lifecycle@0.1': { entry: 'on-workload-bind on-workload-unbind' },
    'wasmcloud:host/workload-call@0.1': {
      'host-call': `
        callable [static]target.open [method]target.get-interface [method]target.get-workload-id
      `,
    },
  },
}
