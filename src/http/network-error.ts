import { type ErrorCode, WasmpackError } from '../errors.ts'

/** What this room itself gives up with; the codes join those of Node in {@link toNetworkError}. */
export class TransportFault extends Error {
  readonly code: 'CONNECT_TIMEOUT' | 'HEADERS_TIMEOUT' | 'BODY_TIMEOUT' | 'BODY_TRICKLES' | 'ADDRESS_REFUSED'

  constructor(code: TransportFault['code']) {
    super(code)
    this.code = code
  }
}

interface FaultExplanation {
  /** UNAVAILABLE by default. */
  readonly code?: ErrorCode
  readonly found: string
  readonly hint?: string
  /** Whether the same request may succeed a moment later. */
  readonly transient?: true
}

const UNTRUSTED: FaultExplanation = {
  found: 'has a certificate that no trusted authority signed',
  hint: 'give the certificate of its authority with --ca-file',
}
/** What a server finds lacking that asks for a client certificate. */
export const CLIENT_CERTIFICATE = {
  missing: {
    code: 'UNAUTHENTICATED',
    found: 'asks for a client certificate',
    hint: 'give it with --cert-file and --key-file',
  },
  refused: {
    code: 'UNAUTHENTICATED',
    found: 'does not accept the client certificate',
    hint: 'give one that its authority has signed and that has not expired, with --cert-file and --key-file',
  },
} as const satisfies Readonly<Record<string, FaultExplanation>>
const NOT_TLS: FaultExplanation = {
  found: 'does not speak TLS',
  hint: 'if it speaks plain HTTP, and only on a network you trust, give --plain-http',
}
const DROPPED: FaultExplanation = {
  found: 'closed the connection',
  hint: 'the server, or a proxy or firewall before it, cut it off: try again in a moment; --debug shows after which request',
  transient: true,
}
const UNREACHED: FaultExplanation = {
  found: 'cannot be reached',
  hint: 'check that the network of this machine leads there: a VPN, a firewall, a proxy (HTTPS_PROXY)',
  transient: true,
}
const POOR_NETWORK = 'try again; --retries gives a poor network more attempts'

const EXPLANATIONS: ReadonlyMap<string, FaultExplanation> = new Map<string, FaultExplanation>([
  ['ENOTFOUND', { found: 'is a host name that nobody knows', hint: 'check the spelling of the host' }],
  [
    'EAI_AGAIN',
    {
      found: 'could not be looked up: the name service did not answer',
      hint: 'check the network and the name service (DNS) of this machine',
      transient: true,
    },
  ],
  [
    'ECONNREFUSED',
    { found: 'refused the connection', hint: 'check that it is running, and the port of the reference' },
  ],
  ['EHOSTUNREACH', UNREACHED],
  ['ENETUNREACH', UNREACHED],
  ['ETIMEDOUT', { ...UNREACHED, found: 'did not answer in time' }],
  ['ECONNRESET', DROPPED],
  ['ECONNABORTED', DROPPED],
  ['EPIPE', DROPPED],
  ['ERR_STREAM_PREMATURE_CLOSE', DROPPED],
  ['CONNECT_TIMEOUT', { ...UNREACHED, found: 'did not accept the connection in time' }],
  [
    'HEADERS_TIMEOUT',
    {
      found: 'did not answer in time',
      hint: 'it took the connection and said nothing: it may be overloaded, or no registry; try again, and check the port',
      transient: true,
    },
  ],
  ['BODY_TRICKLES', { found: 'sends too slowly to be waited for', hint: POOR_NETWORK, transient: true }],
  ['BODY_TIMEOUT', { found: 'stalled in the middle of a transfer', hint: POOR_NETWORK, transient: true }],
  [
    'ADDRESS_REFUSED',
    {
      found: 'leads to an address that a server has no reason to send anybody to',
      hint: 'no request was sent there; a server that does this is misconfigured or hostile',
    },
  ],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['CERT_UNTRUSTED', UNTRUSTED],
  ['CERT_HAS_EXPIRED', { found: 'has a certificate that has expired', hint: 'its operator has to renew it' }],
  [
    'CERT_NOT_YET_VALID',
    { found: 'has a certificate that is not valid yet', hint: 'check the clock of this machine' },
  ],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {
      found: 'has a certificate for another host',
      hint: 'use the name that its certificate is for; --ca-file does not help here',
    },
  ],
  [
    'HPE_HEADER_OVERFLOW',
    { found: 'answered with more than 16 KiB of headers', hint: 'this is not what a registry answers' },
  ],
  ['EPROTO', NOT_TLS],
  ['ERR_SSL_WRONG_VERSION_NUMBER', NOT_TLS],
])

/** Whatever a server says of certificates in an alert is about the client's; the rest of the code is OpenSSL's version. */
const CLIENT_ALERT =
  /_ALERT_(?:UNKNOWN_CA|CERTIFICATE_REQUIRED|(?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN))$/

/** What a server says in an alert. Old ones call a certificate that is missing a bad one, or say that the handshake failed. */
function explainAlert(code: string, identified: boolean): FaultExplanation | undefined {
  if (CLIENT_ALERT.test(code)) return identified ? CLIENT_CERTIFICATE.refused : CLIENT_CERTIFICATE.missing
  if (!code.endsWith('_ALERT_HANDSHAKE_FAILURE')) return undefined
  return {
    found: 'refused the TLS handshake',
    hint: identified
      ? 'it has no protocol or cipher in common with Node, or does not accept the client certificate'
      : 'it may ask for a client certificate, which --cert-file and --key-file give',
  }
}

const getCode = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

/** Whatever the operating system or its resolver refused, by a code that nobody can list in full. */
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error

/**
 * Says in our own words why a request got no answer; Node's words may quote the other side's certificate. Errors that
 * are none of the network's are handed back as they are. `identified`: a client certificate was there to be shown.
 */
export function toNetworkError(error: unknown, host: string, identified = false): unknown {
  if (error instanceof WasmpackError) return error
  // Happy eyeballs: one error per address, and the first tells as much as all of them.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  const code = getCode(error) || getCode(first)
  const explanation: FaultExplanation | undefined =
    EXPLANATIONS.get(code) ??
    explainAlert(code, identified) ??
    (code.startsWith('HPE_')
      ? {
          found: 'did not answer in well-formed HTTP',
          hint: 'check the port: what answers there is no registry, or one that wants TLS and was asked over plain HTTP',
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
          found: `cannot be reached (${code || 'no reason given'})`,
          hint: 'check the network, the firewall and the limits of this machine',
        }
      : undefined)
  if (explanation === undefined) return error
  return new WasmpackError(explanation.code ?? 'UNAVAILABLE', `${host} ${explanation.found}`, {
    hint: explanation.hint,
    details: { host, reason: code, transient: explanation.transient === true },
    cause: error,
  })
}

/** Whether the same request may succeed a moment later. */
export const isTransient = (error: unknown): error is WasmpackError =>
  error instanceof WasmpackError && error.code === 'UNAVAILABLE' && error.details?.['transient'] === true

/** Whether the failure is the network's: what was asked for has no answer at all. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof WasmpackError && error.details?.['reason'] !== undefined
