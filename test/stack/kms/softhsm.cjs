// @ts-nocheck -- a program of its own, which runs without a build
// A plugin of Sigstore's KMS protocol v1 over a token of PKCS #11. The id of a key is TOKEN/LABEL; SOFTHSM_MODULE names the library, and
// SOFTHSM_PIN is read by pkcs11-tool itself.
'use strict'
const { execFileSync } = require('node:child_process')
const { createHash, createPublicKey, verify } = require('node:crypto')
const { readFileSync, writeSync } = require('node:fs')

const request = JSON.parse(process.argv[3])
const { methodName, initOptions } = request
const [token, label] = initOptions.keyResourceID.split('/')
const HASHES = { 5: 'sha256', 6: 'sha384', 7: 'sha512' }
const CURVES = { 'ecdsa-p256-sha256': 'prime256v1', 'ecdsa-p384-sha384': 'secp384r1' }

/** Calls pkcs11-tool, with bytes on its standard input; returns those on its standard output. */
const callToken = (args, input = '') =>
  execFileSync('pkcs11-tool', ['--module', process.env.SOFTHSM_MODULE, '--token-label', token, ...args], {
    input,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
const LOGIN = ['--login', '--pin', 'env:SOFTHSM_PIN']

const readKey = () =>
  createPublicKey({
    key: callToken(['--read-object', '--type', 'pubkey', '--label', label]),
    format: 'der',
    type: 'spki',
  })
const hashMessage = ({ digest, hashFunc } = {}) =>
  digest
    ? Buffer.from(digest, 'base64')
    : createHash(HASHES[hashFunc || initOptions.hashFunc])
        .update(readFileSync(0))
        .digest()
const answerKey = () => ({
  publicKeyPEM: Buffer.from(readKey().export({ type: 'spki', format: 'pem' })).toString('base64'),
})

const METHODS = {
  defaultAlgorithm: () => ({ defaultAlgorithm: 'ecdsa-p256-sha256' }),
  supportedAlgorithms: () => ({ supportedAlgorithms: Object.keys(CURVES) }),
  createKey: ({ algorithm }) => {
    callToken([...LOGIN, '--keypairgen', '--key-type', `EC:${CURVES[algorithm]}`, '--label', label])
    return answerKey()
  },
  publicKey: answerKey,
  signMessage: ({ signOptions }) => {
    const sign = ['--sign', '--mechanism', 'ECDSA', '--signature-format', 'openssl', '--label', label]
    return {
      signature: callToken([...LOGIN, ...sign], hashMessage(signOptions?.messageOptions)).toString('base64'),
    }
  },
  verifySignature: ({ signature }) => {
    const bytes = Buffer.from(signature, 'base64')
    if (!verify(HASHES[initOptions.hashFunc], readFileSync(0), readKey(), bytes))
      throw new Error('wrong signature')
    return {}
  },
}

let answer
try {
  answer = { [methodName]: METHODS[methodName](request[methodName] ?? {}) }
} catch (error) {
  answer = { errorMessage: error.message }
}
writeSync(1, JSON.stringify(answer))
