import { WasmpackError } from '../../errors.ts'
import { isSignedBy, readPublicKey, selectHash, type VerificationKey } from '../public-key.ts'
import type { Signer } from '../signer.ts'
import { describeSigner } from '../verified-signer.ts'
import { createVerifier } from '../verifier.ts'
import type { KmsKeyUri } from './key-uri.ts'
import { callForBytes, callPlugin, type PluginOptions, RPC_OPTIONS } from './plugin.ts'

type KmsOptions = Pick<PluginOptions, 'signal' | 'timeout'>

/** The public key that a plugin has. Throws KEY_INVALID for a kind that is not supported, and what {@link callPlugin} throws. */
export async function readKmsKey(uri: KmsKeyUri, options: KmsOptions = {}): Promise<VerificationKey> {
  const args = { publicKeyOptions: { rpcOptions: RPC_OPTIONS } }
  return toKey(uri, await callForBytes(uri, { method: 'publicKey', args, answer: 'publicKeyPEM' }, options))
}

/** Makes a new key with the plugin's default algorithm, and gives its public half. */
export async function createKmsKey(uri: KmsKeyUri, options: KmsOptions = {}): Promise<VerificationKey> {
  const algorithm = await callPlugin(
    uri,
    { method: 'defaultAlgorithm', args: {}, answer: 'defaultAlgorithm' },
    options,
  )
  const call = { method: 'createKey', args: { algorithm }, answer: 'publicKeyPEM' } as const
  return toKey(uri, await callForBytes(uri, call, options))
}

/**
 * Signs with a key that a plugin has. Each signature is verified before it is used: throws KEY_INVALID for one by another key or
 * algorithm.
 */
export async function openKmsKey(uri: KmsKeyUri, options: KmsOptions = {}): Promise<Signer> {
  const key = await readKmsKey(uri, options)
  const { id, hint } = key
  const args = { signOptions: { rpcOptions: RPC_OPTIONS, messageOptions: { digest: null } } }
  const hash = selectHash(key.scheme)
  return {
    name: describeSigner({ kind: 'key', id, hint }),
    identities: [{ kind: 'key', id, hint }],
    verifier: createVerifier({ kind: 'keys', keys: [key] }),
    async sign(message) {
      const call = { method: 'signMessage', args, message, answer: 'signature' } as const
      const signature = await callForBytes(uri, call, { ...options, hash })
      if (!isSignedBy(key, message, signature))
        throw new WasmpackError(
          'KEY_INVALID',
          `${nameKey(uri)} gave a signature that does not verify with its public key ${id} (${key.scheme})`,
          { hint: 'nothing was signed; the plugin signs with another key, or with another algorithm' },
        )
      return {
        signature,
        material: { kind: 'publicKey', hint },
        publicKey: key.key.export({ format: 'der', type: 'spki' }),
      }
    },
  }
}

const toKey = (uri: KmsKeyUri, pem: Uint8Array): VerificationKey =>
  readPublicKey(Buffer.from(pem).toString('utf8'), `the public key of ${nameKey(uri)}`)

const nameKey = ({ plugin }: KmsKeyUri): string => `sigstore-kms-${plugin}`
