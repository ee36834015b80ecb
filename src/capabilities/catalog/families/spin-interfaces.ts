import type { FunctionsByClass } from '../classes.ts'
import type { Family } from './family.ts'

const REDIS: FunctionsByClass = {
  'database.redis': `
    [static]connection.open [method]connection.publish [method]connection.get [method]connection.set
    [method]connection.incr [method]connection.del [method]connection.sadd [method]connection.smembers
    [method]connection.srem [method]connection.execute
  `,
}

const STORE: FunctionsByClass = {
  keyvalue: '[static]store.open',
  'keyvalue.get': '[method]store.get [method]store.exists',
  'keyvalue.list': '[method]store.get-keys',
  'keyvalue.set': '[method]store.set',
  'keyvalue.delete': '[method]store.delete',
}

const CONNECTION = '[static]connection.open [method]connection.query [method]connection.execute'
const MODELS = 'infer generate-embeddings'

/** Interfaces of Spin 1, 2 and 3 onwards, all of which Spin still serves. Variables can be secrets. */
export const SPIN: Family = {
  title: 'Spin',
  spec: 'https://github.com/spinframework/spin/tree/main/wit',
  interfaces: {
    'spin:key-value/key-value@3': STORE,
    'fermyon:spin/key-value@2': STORE,
    'fermyon:spin/key-value@': {
      keyvalue: 'open close',
      'keyvalue.get': 'get exists',
      'keyvalue.list': 'get-keys',
      'keyvalue.set': 'set',
      'keyvalue.delete': 'delete',
    },
    'spin:variables/variables@3': { config: 'get' },
    'fermyon:spin/variables@2': { config: 'get' },
    'fermyon:spin/config@': { config: 'get-config' },
    'spin:mqtt/mqtt@3': { messaging: '[static]connection.open [method]connection.publish' },
    'fermyon:spin/mqtt@2': { messaging: '[static]connection.open [method]connection.publish' },
    'spin:postgres/postgres@3': { 'database.postgres': CONNECTION },
    'spin:postgres/postgres@4': {
      'database.postgres': `
        ${CONNECTION} [static]connection.open-async [method]connection.query-async
        [method]connection.execute-async [constructor]connection-builder
        [method]connection-builder.set-ca-root [method]connection-builder.build
        [method]connection-builder.build-async
      `,
    },
    'fermyon:spin/postgres@2': { 'database.postgres': CONNECTION },
    'fermyon:spin/postgres@': { 'database.postgres': 'query execute' },
    'spin:mysql/mysql@3': { 'database.mysql': CONNECTION },
    'fermyon:spin/mysql@2': { 'database.mysql': CONNECTION },
    'fermyon:spin/mysql@': { 'database.mysql': 'query execute' },
    'fermyon:spin/rdbms-types@ 2': {},
    'spin:redis/redis@3': REDIS,
    'spin:redis/inbound-redis@3': { messaging: 'handle-message' },
    'fermyon:spin/redis@2': REDIS,
    'fermyon:spin/redis@': {
      'database.redis': 'publish get set incr del sadd smembers srem execute',
    },
    'fermyon:spin/redis-types@': {},
    'fermyon:spin/inbound-redis@': { messaging: 'handle-message' },
    'spin:sqlite/sqlite@3': {
      'database.sqlite': `
        [static]connection.open [static]connection.open-async [method]connection.execute
        [method]connection.execute-async [method]connection.changes [method]connection.changes-async
        [method]connection.last-insert-rowid [method]connection.last-insert-rowid-async
      `,
    },
    'fermyon:spin/sqlite@2': { 'database.sqlite': '[static]connection.open [method]connection.execute' },
    'fermyon:spin/sqlite@': { 'database.sqlite': 'open close execute' },
    'fermyon:spin/llm@ 2': { 'nn.graphs': MODELS },
    'fermyon:spin/http@': { 'http.outgoing': 'send-request' },
    'fermyon:spin/inbound-http@': { 'http.incoming': 'handle-request' },
    'fermyon:spin/http-types@': {},
  },
}
