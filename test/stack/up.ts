import { once } from 'node:events'

import { peerPath } from './peers.ts'
import { REGISTRIES, serverOf } from './registries.ts'
import { startStack } from './servers.ts'
import { CI_CLIENT, passwordOf } from './sigstore/oidc.ts'
import { type RunningSigstore, startSigstore } from './sigstore/sigstore.ts'

const installed = REGISTRIES.filter((name) => peerPath(serverOf(name)) !== undefined)
const stack = await startStack(installed)
for (const { endpoint } of stack.registries) {
  const { credentials } = endpoint
  const who = credentials === undefined ? 'open' : `${credentials.username} / ${credentials.password}`
  process.stdout.write(
    `${endpoint.name.padEnd(24)}${endpoint.host.padEnd(18)}${who.padEnd(28)}${endpoint.log}\n`,
  )
}
let sigstore: RunningSigstore | undefined
if (process.argv.includes('sigstore')) {
  sigstore = await startSigstore()
  process.stdout.write(`${JSON.stringify(sigstore.sigstore, null, 2)}\n`)
  process.stdout.write(`users of Keycloak: alice / ${passwordOf('alice')}, bob / ${passwordOf('bob')}; `)
  process.stdout.write(`client: ${CI_CLIENT.id} / ${CI_CLIENT.secret}\n`)
}
process.stdout.write('plain HTTP; Ctrl-C ends them all and removes their files\n')
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await Promise.all([stack.stop(), sigstore?.stop()])
