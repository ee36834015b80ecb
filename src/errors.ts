/** What can go wrong, as users and scripts see it: the code, the exit status it ends with, and its meaning in one line. */
export const ERROR_CODES = {
  INTERNAL: { exit: 1, meaning: 'a fault of wasmpack itself; please report it' },
  USAGE: { exit: 2, meaning: 'the command line is not understood' },
  REFERENCE_INVALID: { exit: 2, meaning: 'a reference is not well-formed' },
  CAPABILITY_MANIFEST_MISSING: {
    exit: 2,
    meaning: 'no capability manifest was given or found beside the module',
  },
  CAPABILITY_DENIED: {
    exit: 3,
    meaning: 'the module has imports without a grant, or does not match its target',
  },
  CAPABILITY_ADDED: {
    exit: 3,
    meaning: 'a new version asks for, or is granted, more than the old one, and --fail-on-added was given',
  },
  UNENFORCED: {
    exit: 3,
    meaning:
      'nothing enforces a grant or a limit where the module is to run, and --allow-unenforced does not name it',
  },
  REFERENCE_UNPINNED: {
    exit: 3,
    meaning: 'an object refers to an artifact without the digest of what was admitted, and --check was given',
  },
  CAPABILITY_MANIFEST_ABSENT: { exit: 3, meaning: 'the artifact has no capability manifest' },
  TRUST_REQUIRED: { exit: 4, meaning: 'no key or identity was given to verify signatures with' },
  SIGNATURE_MISSING: { exit: 4, meaning: 'the artifact has no signature' },
  SIGNATURE_UNTRUSTED: { exit: 4, meaning: 'no signature of the artifact is by the given key or identity' },
  ATTESTATION_MISSING: { exit: 4, meaning: 'the artifact has no attestation of the given type' },
  ATTESTATION_UNTRUSTED: {
    exit: 4,
    meaning: 'no attestation of the given type is by the given key or identity',
  },
  TRUST_DENIED: { exit: 4, meaning: 'a trust policy in force refuses the artifact, or who is to sign it' },
  MODULE_MALFORMED: { exit: 5, meaning: 'the file is not a well-formed WebAssembly module or component' },
  WIT_INVALID: { exit: 5, meaning: 'WIT that describes where a module is to run is not well-formed' },
  MODULE_CHANGED: { exit: 5, meaning: 'the module changed between its inspection and its upload' },
  CAPABILITY_MANIFEST_INVALID: { exit: 5, meaning: 'a capability manifest is not well-formed' },
  DECLARATION_INVALID: {
    exit: 5,
    meaning: 'a Spin application or a wassette policy is not well-formed',
  },
  POLICY_INVALID: { exit: 5, meaning: 'a policy file is not well-formed' },
  PREDICATE_INVALID: {
    exit: 5,
    meaning: 'what an attestation is to state is no JSON object, or two readers could read it in two ways',
  },
  ARTIFACT_MALFORMED: {
    exit: 5,
    meaning: 'a manifest, a config, an OCI layout or an OCI archive is not well-formed, or holds no module',
  },
  DIGEST_MISMATCH: {
    exit: 5,
    meaning: 'content does not match its digest or size',
  },
  KEY_INVALID: {
    exit: 5,
    meaning:
      'a key or certificate is not well-formed or of a kind that is not supported, or a KMS signs with another key',
  },
  SIGNING_CONFIG_INVALID: {
    exit: 5,
    meaning: 'a signing config is not well-formed, or has no service that can be used',
  },
  TRUSTED_ROOT_INVALID: {
    exit: 5,
    meaning: 'a trusted root is not well-formed, or has a field that is not known',
  },
  REGISTRIES_INVALID: {
    exit: 5,
    meaning: 'registries.conf is malformed, or uses an unsupported setting',
  },
  CREDENTIALS_INVALID: {
    exit: 5,
    meaning: 'a credentials file, or what variables give in its place, is not well-formed',
  },
  FILE_NOT_FOUND: { exit: 6, meaning: 'a local file does not exist' },
  NOT_FOUND: {
    exit: 6,
    meaning: 'the registry, layout or archive has no such repository, tag, manifest or blob',
  },
  UNAUTHENTICATED: { exit: 7, meaning: 'credentials are missing, wrong or not sufficient' },
  KEY_PASSWORD_WRONG: { exit: 7, meaning: 'the password does not open the private key' },
  REGISTRY_REFUSED: {
    exit: 8,
    meaning: 'a policy of the registry refused: immutable tag, content trust, quota',
  },
  UNAVAILABLE: {
    exit: 9,
    meaning: 'network, registry or service unavailable; retrying may help',
  },
  TRUST_ROOT_UNAVAILABLE: {
    exit: 9,
    meaning:
      'the TUF repository of the trusted root is not to be trusted, or cannot be read while what is known of it is expired',
  },
  KMS_FAILED: {
    exit: 9,
    meaning: 'the KMS plugin of a key failed, did not end, or gave an answer that cannot be used',
  },
  FILE_UNREADABLE: { exit: 10, meaning: 'a local file cannot be read' },
  FILE_UNWRITABLE: { exit: 10, meaning: 'a local file or stdout cannot be written, or the disk is full' },
  INTERRUPTED: { exit: 130, meaning: 'interrupted (SIGINT)' },
  TERMINATED: { exit: 143, meaning: 'terminated (SIGTERM)' },
} as const

export type ErrorCode = keyof typeof ERROR_CODES

export interface WasmpackErrorOptions {
  /** One sentence that says what the user can do next. */
  readonly hint?: string | undefined
  /** Machine-readable facts for `--format json`; never secrets. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

/**
 * The one error that users are meant to see: what was found and what was expected in the message, one hint, and a code
 * that decides the exit status. Any other error that reaches the command line is a fault of wasmpack.
 */
export class WasmpackError extends Error {
  override readonly name = 'WasmpackError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, options: WasmpackErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.details = options.details
  }

  /** The exit status of the process that ends with this error. */
  get exit(): number {
    return ERROR_CODES[this.code].exit
  }
}

const CONTENT_FAULTS: ReadonlySet<ErrorCode> = new Set(['ARTIFACT_MALFORMED', 'DIGEST_MISMATCH', 'NOT_FOUND'])

/** Whether the content itself is at fault, rather than the way to it: another attempt would find the same. */
export const isContentFault = (error: unknown): error is WasmpackError =>
  error instanceof WasmpackError && CONTENT_FAULTS.has(error.code)
