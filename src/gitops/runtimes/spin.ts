import type { Runtime } from './runtime.ts'

const formatOutbound = (url: string): string => `\`allowed_outbound_hosts\`, such as \`"${url}"\``

export const SPIN: Runtime = {
  name: 'Spin',
  grants: {
    env: '`environment = { NAME = "value" }`',
    filesystem: '`files = [...]`: copies, to be read',
    'http.outgoing': '`allowed_outbound_hosts = ["https://api.example.com"]`',
    sockets: '`allowed_outbound_hosts`',
    config: '`[component.NAME.variables]`',
    keyvalue: '`key_value_stores = ["default"]`',
    messaging: formatOutbound('mqtt://broker.example.com:1883'),
    'database.postgres': formatOutbound('postgres://db.example.com:5432'),
    'database.mysql': formatOutbound('mysql://db.example.com:3306'),
    'database.redis': formatOutbound('redis://db.example.com:6379'),
    'database.sqlite': '`sqlite_databases = ["default"]`',
    nn: '`ai_models = ["llama2-chat"]`',
  },
}
