import { WasmpackError } from '../errors.ts'
import { isLoopbackHost } from '../http/address.ts'
import { printable } from '../printable.ts'

/** Throws UNAUTHENTICATED unless secrets may be sent to the address: over TLS, or without leaving this machine. */
export function checkEndpoint(url: string, what: string): void {
  const { protocol, hostname, username, password } = URL.canParse(url) ? new URL(url) : NO_URL
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
  if (isSafe && username + password === '') return
  throw new WasmpackError(
    'UNAUTHENTICATED',
    `${what} is ${printable(url.slice(0, 200))}: expected an https URL`,
    {
      hint: 'a token or a secret would be sent there; plain http is for loopback addresses only',
    },
  )
}

const NO_URL = { protocol: '', hostname: '', username: '', password: '' } as const
