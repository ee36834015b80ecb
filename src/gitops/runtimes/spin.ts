import type { Runtime } from './runtime.ts'

const outbound = (url: string): string => `\`allowed_outbound_hosts\`, such as \`"${url}"\``

export const SPIN: Runtime = {
  name: 'Spin',
  grants: {
    env: '`environment = { NAME = "value" }`',
    filesystem: '`files = [...]`: copies, to be read',
    'http.outgoing': '`allowed_outbound_hosts = ["https://api.example.com"]`',
    sockets: '`allowed_outbound_hosts`',
    config: '`[component.NAME.variables]`',
    keyvalue: '`key_value_stores = ["default"]`',
    messaging: outbound('mqtt://broker.example.com:1883'),
    'database.postgres': outbound('postgres://db.example.com:5432'),
    'database.mysql': outbound('mysql://db.example.com:3306'),
    'database.redis': outbound('redis://db.example.com:6379'),
    'database.sqlite': '`sqlite_databases = ["default"]`',
    nn: '`ai_models = ["llama2-chat"]`',
  },
}
