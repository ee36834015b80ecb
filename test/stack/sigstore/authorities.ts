import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A private key and what certifies it, as files in PEM. */
export interface CertifiedKey {
  readonly key: string
  /** From the key's own certificate to the root. */
  readonly chain: string
}

export interface LogKey {
  readonly key: string
  readonly publicKey: string
}

/** Fulcio's key files must be encrypted. */
export const FULCIO_PASSWORD = 'fulcio-password'

const AUTHORITY = 'keyUsage=critical,keyCertSign,cRLSign\nbasicConstraints=critical,CA:TRUE'

/** The certificate authority that Fulcio signs with: an intermediate below a root. */
export function createCodeSigningAuthority(directory: string): CertifiedKey {
  const root = createRoot(directory, 'fulcio-root')
  const issued = certify(
    directory,
    'fulcio',
    `${AUTHORITY},pathlen:0\nextendedKeyUsage=codeSigning\nsubjectKeyIdentifier=hash`,
    root,
  )
  const encrypted = join(directory, 'fulcio.encrypted.key')
  openssl('pkcs8', '-topk8', '-in', issued.key, '-out', encrypted, '-passout', `pass:${FULCIO_PASSWORD}`)
  return { key: encrypted, chain: issued.chain }
}

/** The key of a timestamp authority, certified by a root of its own. */
export function createTimestampAuthorityKey(directory: string, name: string): CertifiedKey {
  return certify(
    directory,
    name,
    'keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\nbasicConstraints=critical,CA:FALSE',
    createRoot(directory, `${name}-root`),
  )
}

/** The key of a transparency log. */
export function createLogKey(directory: string, name: string, kind: 'p256' | 'ed25519'): LogKey {
  const { privateKey, publicKey } =
    kind === 'p256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const files = { key: join(directory, `${name}.key`), publicKey: join(directory, `${name}.pub`) }
  writeFileSync(files.key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  writeFileSync(files.publicKey, publicKey.export({ type: 'spki', format: 'pem' }))
  return files
}

const createRoot = (directory: string, name: string): CertifiedKey =>
  certify(directory, name, `${AUTHORITY},pathlen:1\nsubjectKeyIdentifier=hash`)

/** Certifies a new P-256 key; without an issuer it certifies itself. */
function certify(directory: string, name: string, extensions: string, issuer?: CertifiedKey): CertifiedKey {
  const at = (suffix: string): string => join(directory, `${name}.${suffix}`)
  const { key } = createLogKey(directory, name, 'p256')
  writeFileSync(at('ext'), `${extensions}\n${issuer ? 'authorityKeyIdentifier=keyid\n' : ''}`)
  openssl('req', '-new', '-key', key, '-subj', `/O=wasmpack test/CN=${name}`, '-out', at('csr'))
  const signer = issuer ? ['-CA', issuer.chain, '-CAkey', issuer.key] : ['-signkey', key]
  const serial = ['-set_serial', `0x${Buffer.from(name).toString('hex').slice(0, 30)}`]
  const files = ['-in', at('csr'), '-out', at('pem'), '-extfile', at('ext')]
  openssl('x509', '-req', '-sha256', '-days', '3650', ...files, ...signer, ...serial)
  if (issuer === undefined) return { key, chain: at('pem') }
  writeFileSync(at('chain'), readFileSync(at('pem'), 'utf8') + readFileSync(issuer.chain, 'utf8'))
  return { key, chain: at('chain') }
}

const openssl = (...args: readonly string[]): void => {
  execFileSync('openssl', args, { stdio: 'pipe' })
}
