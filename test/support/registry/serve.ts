import { once } from 'node:events'
import { parseArgs } from 'node:util'
import type { PersonalityName } from './like/personality-name.ts'
import { startRegistry } from './registry.ts'
import type { Switches } from './switches.ts'
import type { Fault, FaultRule } from './fault.ts'
import { PERSONALITIES } from './like/personalities.ts'

const USAGE = `node test/support/registry/serve.mjs [--like NAME] [--port N] [--switch NAME=VALUE]... [--fault RULE]...
  --like NAME           answers as one of these does: ${Object.keys(PERSONALITIES).join(', ')}
  --port N              a free one by default
  --switch NAME=VALUE   how the registry behaves all the time; a word or JSON: location=absolute, quota=100000,
                        auth={"kind":"bearer","username":"alice","password":"secret"}
  --fault RULE          what goes wrong with some requests, as JSON:
                        {"method":"PUT","path":"/blobs/","times":2,"fault":{"kind":"status","status":502}}
Serves until Ctrl-C and tells every request. README.md beside this file lists the switches and the faults.`

/** Complete by its type: a switch that is not known here does not compile. */
const SWITCHES: Readonly<Record<keyof Switches, true>> = {
  accept: true,
  auth: true,
  away: true,
  bareNotModified: true,
  blobDelete: true,
  bodyLimit: true,
  blobs: true,
  brokenUpload: true,
  checksBlobs: true,
  chunkMinLength: true,
  chunkedPut: true,
  conditions: true,
  configTypes: true,
  contentRange: true,
  contentTrust: true,
  dedupe: true,
  deleteReferrers: true,
  etag: true,
  fallbackTag: true,
  filters: true,
  immutableTags: true,
  invalidTag: true,
  junkReferrers: true,
  keepsManifests: true,
  legacyReferrers: true,
  like: true,
  link: true,
  listing: true,
  location: true,
  manifestDelete: true,
  manifestLimit: true,
  manifestLocation: true,
  manifestTypes: true,
  mount: true,
  noTags: true,
  pageSize: true,
  patchRange: true,
  patchStatus: true,
  presignedUses: true,
  proxyCache: true,
  putFromStart: true,
  quota: true,
  rangeBeyond: true,
  ranges: true,
  readOnly: true,
  referrersApi: true,
  repositories: true,
  repositoryBegins: true,
  sha512: true,
  singlePost: true,
  subjectHeader: true,
  subjects: true,
  tagDelete: true,
  tagPages: true,
  tagQuery: true,
  tls: true,
  totalCount: true,
  unknownLast: true,
  uploadCancel: true,
  uploadStatus: true,
  withheld: true,
}

const FAULTS: Readonly<Record<Fault['kind'], true>> = {
  chunked: true,
  drip: true,
  drop: true,
  'drop-answer': true,
  'drop-upload': true,
  'early-status': true,
  flip: true,
  gzip: true,
  headers: true,
  'hold-upload': true,
  html: true,
  informational: true,
  'late-status': true,
  longer: true,
  raw: true,
  stall: true,
  status: true,
  truncate: true,
  'until-close': true,
}

/** The names that the command line knows, for a test of the page that explains them. */
export const NAMES = { switches: Object.keys(SWITCHES), faults: Object.keys(FAULTS) }

/** Runs a registry for any client to be pointed at, until the process is interrupted. */
export async function serve(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      like: { type: 'string' },
      port: { type: 'string', default: '0' },
      switch: { type: 'string', multiple: true, default: [] },
      fault: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(`${USAGE}\n`)
  const faults = values.fault.map(faultOf)
  const registry = await startRegistry(
    { ...likeOf(values.like), ...Object.fromEntries(values.switch.map(switchOf)) },
    Number(values.port),
    (line) => process.stdout.write(`${line}\n`),
  )
  for (const rule of faults) registry.fault(rule)
  process.stdout.write(
    `registry at ${registry.origin}, its storage at ${registry.storage.origin}; Ctrl-C ends it\n`,
  )
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await registry.close()
}

function likeOf(name: string | undefined): Switches {
  if (name === undefined) return {}
  if (!(name in PERSONALITIES))
    throw new Error(`no registry ${JSON.stringify(name)}; there are ${Object.keys(PERSONALITIES).join(' ')}`)
  return { like: name as PersonalityName }
}

function switchOf(text: string): readonly [string, unknown] {
  const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(text) ?? []
  if (!(name in SWITCHES))
    throw new Error(`no switch ${JSON.stringify(text)}; there are ${NAMES.switches.join(' ')}`)
  try {
    return [name, JSON.parse(value)]
  } catch {
    return [name, value]
  }
}

function faultOf(text: string): FaultRule {
  const rule = JSON.parse(text) as Omit<FaultRule, 'path'> & { readonly path?: string }
  if (!(rule.fault?.kind in FAULTS))
    throw new Error(`no fault in ${text}; there are ${NAMES.faults.join(' ')}`)
  const { path, ...rest } = rule
  return path === undefined ? rest : { ...rest, path: new RegExp(path) }
}
