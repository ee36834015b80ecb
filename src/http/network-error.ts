import { type ErrorCode, WasmpackError } from '../errors.ts'

/** An error that this room raises itself; its codes join those of Node in {@link toNetworkError}. */
export class TransportFault extends Error {
  readonly code: 'CONNECT_TIMEOUT' | 'HEADERS_TIMEOUT' | 'BODY_TIMEOUT' | 'BODY_TOO_SLOW' | 'ADDRESS_REFUSED'

  constructor(code: TransportFault['code']) {
    super(code)
    this.code = code
  }
}

interface FaultExplanation {
  /** UNAVAILABLE by default. */
  readonly code?: ErrorCode
  /** What the peer did, after its name; or the whole message. */
  readonly found: string | ((peer: string) => string)
  readonly hint?: string
  /** Whether a retry may succeed. */
  readonly transient?: true
  /** Whether a server that restarts is met like this. */
  readonly away?: true
}

const UNTRUSTED: FaultExplanation = {
  found: 'presented a certificate that no trusted authority signed',
  hint: 'pass the certificate of its authority: --ca-file FILE',
}
/** What a server reports that requires a client certificate. */
export const CLIENT_CERTIFICATE = {
  missing: {
    code: 'UNAUTHENTICATED',
    found: 'requires a client certificate',
    hint: 'pass it with --cert-file and --key-file',
  },
  refused: {
    code: 'UNAUTHENTICATED',
    found: 'rejected the client certificate',
    hint: 'pass one that has not expired and that its authority has signed, with --cert-file and --key-file',
  },
} as const satisfies Readonly<Record<string, FaultExplanation>>
const NOT_TLS: FaultExplanation = {
  found: 'does not speak TLS',
  hint: 'if it speaks plain HTTP and you trust the network, pass --plain-http',
}
const DROPPED: FaultExplanation = {
  found: 'closed the connection',
  hint: 'the server, or a proxy or firewall in front of it, closed it: try again; --debug shows the last request',
  transient: true,
  away: true,
}
const UNREACHED: FaultExplanation = {
  found: 'is unreachable',
  hint: 'check the network of this machine: VPN, firewall, proxy (HTTPS_PROXY)',
  transient: true,
}
const TIMED_OUT: FaultExplanation = { ...UNREACHED, found: (peer) => `the connection to ${peer} timed out` }
const SLOW_NETWORK = 'try again; --retries N allows more attempts on a poor network'

/** `host HOST`, or `proxy HOST` as it is. */
const nameHost = (peer: string): string => (peer.startsWith('proxy ') ? peer : `host ${peer}`)

const EXPLANATIONS: ReadonlyMap<string, FaultExplanation> = new Map<string, FaultExplanation>([
  [
    'ENOTFOUND',
    { found: (peer) => `cannot resolve ${nameHost(peer)}`, hint: 'check the spelling of the host' },
  ],
  [
    'EAI_AGAIN',
    {
      found: (peer) => `cannot resolve ${nameHost(peer)}: the DNS server did not answer`,
      hint: 'check the network and the DNS settings of this machine',
      transient: true,
    },
  ],
  [
    'ECONNREFUSED',
    {
      found: 'refused the connection',
      hint: 'check that it is running, and the port of the reference',
      transient: true,
      away: true,
    },
  ],
  ['EHOSTUNREACH', { ...UNREACHED, away: true }],
  ['ENETUNREACH', UNREACHED],
  ['ETIMEDOUT', TIMED_OUT],
  ['ECONNRESET', DROPPED],
  ['ECONNABORTED', DROPPED],
  ['EPIPE', DROPPED],
  ['ERR_STREAM_PREMATURE_CLOSE', DROPPED],
  ['CONNECT_TIMEOUT', TIMED_OUT],
  [
    'HEADERS_TIMEOUT',
    {
      found: 'accepted the connection, but did not respond in time',
      hint: 'it may be overloaded, or no registry: try again, and check the port',
      transient: true,
    },
  ],
  ['BODY_TOO_SLOW', { found: 'sends too slowly', hint: SLOW_NETWORK, transient: true }],
  ['BODY_TIMEOUT', { found: 'stalled during a transfer', hint: SLOW_NETWORK, transient: true }],
  [
    'ADDRESS_REFUSED',
    {
      found: (peer) =>
        `refusing to follow the registry to ${peer}: it resolves to a loopback, private or link-local address`,
      hint: 'no request was sent there; the registry is misconfigured or hostile',
    },
  ],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['CERT_UNTRUSTED', UNTRUSTED],
  ['CERT_HAS_EXPIRED', { found: 'presented an expired certificate', hint: 'its operator has to renew it' }],
  [
    'CERT_NOT_YET_VALID',
    { found: 'presented a certificate that is not valid yet', hint: 'check the clock of this machine' },
  ],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {
      found: 'presented a certificate for another host',
      hint: 'use a host name that the certificate covers; --ca-file does not help here',
    },
  ],
  [
    'HPE_HEADER_OVERFLOW',
    {
      found: 'sent more than 16 KiB of headers',
      hint: 'no registry sends that: check the host and the port',
    },
  ],
  ['EPROTO', NOT_TLS],
  ['ERR_SSL_WRONG_VERSION_NUMBER', NOT_TLS],
])

/** TLS alerts about certificates concern the client's; the rest of the code depends on the version of OpenSSL. */
const CLIENT_ALERT =
  /_ALERT_(?:UNKNOWN_CA|CERTIFICATE_REQUIRED|(?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN))$/

/** Explains a TLS alert; old servers report a missing certificate as a bad one, or as a failed handshake. */
function explainAlert(code: string, identified: boolean): FaultExplanation | undefined {
  if (CLIENT_ALERT.test(code)) return identified ? CLIENT_CERTIFICATE.refused : CLIENT_CERTIFICATE.missing
  if (!code.endsWith('_ALERT_HANDSHAKE_FAILURE')) return undefined
  return {
    found: 'rejected the TLS handshake',
    hint: identified
      ? 'it has no protocol or cipher in common with Node.js, or rejects the client certificate'
      : 'it may require a client certificate: pass it with --cert-file and --key-file',
  }
}

const getCode = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

/** Any error of the operating system or its resolver, also one whose code is not listed above. */
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error

/**
 * Maps a network error to a WasmpackError in our own words, since Node's may quote the certificate of the server; returns any
 * other error as it is. `identified`: a client certificate could be presented. `answered`: the body broke off, so the server is there.
 */
export function toNetworkError(error: unknown, host: string, identified = false, answered = false): unknown {
  if (error instanceof WasmpackError) return error
  // Happy Eyeballs fails with one error per address; the first is enough.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  const code = getCode(error) || getCode(first)
  const explanation: FaultExplanation | undefined =
    EXPLANATIONS.get(code) ??
    explainAlert(code, identified) ??
    (code.startsWith('HPE_')
      ? {
          found: 'did not respond with well-formed HTTP',
          hint: 'check the port: it is not a registry, or expects TLS and got plain HTTP',
          transient: true,
        }
      : undefined) ??
    (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')
      ? {
          found: `failed the TLS handshake (${code})`,
          hint: 'check --ca-file and the certificate of the host',
        }
      : undefined) ??
    (isSystemError(error) || isSystemError(first)
      ? {
          found: `is unreachable (${code || 'no reason given'})`,
          hint: 'check the network, the firewall and the limits of this machine',
        }
      : undefined)
  if (explanation === undefined) return error
  const { found } = explanation
  const message = typeof found === 'string' ? `${host} ${found}` : found(host)
  return new WasmpackError(explanation.code ?? 'UNAVAILABLE', message, {
    hint: explanation.hint,
    details: {
      host,
      reason: code,
      transient: explanation.transient === true,
      ...(explanation.away === true && !answered ? { away: true } : {}),
    },
    cause: error,
  })
}

/** Whether a retry may succeed. */
export const isTransient = (error: unknown): error is WasmpackError =>
  error instanceof WasmpackError && error.code === 'UNAVAILABLE' && error.details?.['transient'] === true

/** Whether the server may be away for a time, as during a restart. */
export const isServerAway = (error: unknown): boolean =>
  error instanceof WasmpackError && error.details?.['away'] === true

/** Whether a request failed without any response. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof WasmpackError && error.details?.['reason'] !== undefined
