import type { Inspection } from './types/inspection.ts'

/** A role in which a binary can run, recognised by one of its exports. */
export interface EntryPoint {
  /** `a command`, for a sentence such as "it is a command". */
  readonly role: string
  /** The export that shows the role. */
  readonly export: string
}

/** Every role that a binary's exports show, in the order of the table; none of a library or a WIT package. */
export function findEntryPoints(inspection: Inspection): readonly EntryPoint[] {
  if (inspection.kind === 'wit') return []
  const table = inspection.kind === 'module' ? MODULE_ROLES : COMPONENT_ROLES
  const names = inspection.exports.map((found) =>
    'implements' in found && found.implements !== undefined ? found.implements : found.name,
  )
  return table.flatMap(([pattern, role]) => {
    const found = names.find((name) => pattern.test(name))
    return found === undefined ? [] : [{ role: role(found), export: found }]
  })
}

const PROXY_WASM_MARKER = /^proxy_abi_version_\d+_\d+_\d+$/

const toProxyWasmVersion = (name: string): string =>
  name.slice('proxy_abi_version_'.length).replaceAll('_', '.')

/** The versions of the Proxy-Wasm ABI that a module says it speaks, such as 0.2.1; sorted. */
export const listProxyWasmVersions = (inspection: Inspection): readonly string[] =>
  inspection.kind === 'module'
    ? [...new Set(inspection.exports.map(({ name }) => name).filter((name) => PROXY_WASM_MARKER.test(name)))]
        .map(toProxyWasmVersion)
        .sort()
    : []

type Role = readonly [pattern: RegExp, role: (name: string) => string]

const MODULE_ROLES: readonly Role[] = [
  // https://github.com/proxy-wasm/spec
  [PROXY_WASM_MARKER, (name) => `a proxy-wasm ${toProxyWasmVersion(name)} filter`],
  // https://github.com/WebAssembly/WASI/blob/wasi-0.1/application-abi.md
  [/^_start$/, () => 'a command'],
  [/^_initialize$/, () => 'a reactor'],
  // https://wapc.io/docs/spec/
  [/^__guest_call$/, () => 'a waPC guest, such as a Kubewarden policy'],
  [/^napi_register_wasm_v\d+$/, () => 'a Node.js addon'],
  [/^getsp$/, () => 'a Go program for a JavaScript host'],
]

const COMPONENT_ROLES: readonly Role[] = [
  [/^wasi:cli\/run(?:@|$)/, () => 'a command'],
  [/^wasi:http\/(?:incoming-)?handler(?:@|$)/, () => 'an HTTP server'],
  [
    /^wasi:messaging\/incoming-handler(?:@|$)|^wasmcloud:messaging\/handler(?:@|$)/,
    () => 'a message consumer',
  ],
  [/^(?:fermyon:)?spin[:/]inbound-redis|^spin:[^/]+\/inbound-redis/, () => 'a Spin trigger for Redis'],
]
