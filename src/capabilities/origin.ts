import type { RequestedImport } from './classify.ts'

/** What an import that no rule knows probably is, as a clause for people; never a basis for a verdict. */
export function describeOrigin(request: RequestedImport): string {
  if (request.from === 'core') return describeCoreOrigin(request.core)
  if (/^(?:unlocked-dep|locked-dep|url|integrity)=</.test(request.label))
    return 'it asks for another component by reference, which the host would have to find and link'
  switch (request.kind) {
    case 'module':
    case 'component':
      return `it asks the host for foreign code (a ${request.kind}) to link`
    case 'func':
    case 'value':
      return `it asks the host for a ${request.kind} of no interface`
    default:
      return 'no rule knows this function'
  }
}

interface CoreOrigin {
  readonly module: string
  readonly name: string
  readonly kind: string
  readonly type: string
}

function describeCoreOrigin({ module, name, kind, type }: CoreOrigin): string {
  if (kind !== 'func') return `it shares a ${kind} with the host, which no rule covers`
  if (module === 'env' && name === 'abort' && /^\(i32, ?i32, ?i32, ?i32\)/.test(type))
    return 'it is what AssemblyScript calls when an assertion fails, with the message, the file and the place; a host that runs plain AssemblyScript provides it'
  if (module.includes(':'))
    return 'it looks like the core of a component that was not wrapped yet: make it one with wasm-tools component new'
  return 'no rule knows this import'
}
