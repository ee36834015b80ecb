// @ts-nocheck -- a program of its own, which runs without a build
// A plugin of Sigstore's KMS protocol v1. The id of a key is BEHAVIOUR:FILE, where FILE is a private key in PEM.
'use strict'
const { createPrivateKey, createPublicKey, generateKeyPairSync, sign } = require('node:crypto')
const { readFileSync, writeFileSync, writeSync } = require('node:fs')

const [version, text] = process.argv.slice(2)
const request = JSON.parse(text)
const { methodName, initOptions } = request
const [, behaviour, file] = /^([a-z-]*):(.*)$/.exec(initOptions.keyResourceID)
const HASHES = { 5: 'sha256', 6: 'sha384', 7: 'sha512' }

const reply = (answer) => writeSync(1, JSON.stringify(answer))
const replyKey = (key) =>
  reply({
    [methodName]: {
      publicKeyPEM: Buffer.from(createPublicKey(key).export({ type: 'spki', format: 'pem' })).toString(
        'base64',
      ),
    },
  })
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

const METHODS = {
  defaultAlgorithm: () => reply({ defaultAlgorithm: { defaultAlgorithm: 'ecdsa-p256-sha256' } }),
  createKey: () => {
    const key = newKey()
    writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem' }), { flag: 'wx' })
    replyKey(key)
  },
  publicKey: () => replyKey(createPrivateKey(readFileSync(file))),
  signMessage: () => {
    const key = behaviour === 'other-key' ? newKey() : createPrivateKey(readFileSync(file))
    const hash = behaviour === 'other-hash' ? 'sha224' : HASHES[initOptions.hashFunc]
    reply({ signMessage: { signature: sign(hash, readFileSync(0), key).toString('base64') } })
  },
}

const BEHAVIOURS = {
  hangs: () => setInterval(() => undefined, 1000),
  floods: () => {
    const chunk = Buffer.alloc(2 ** 20, ' ')
    for (let sent = 0; sent < 2 ** 30;) sent += writeSync(1, chunk)
    METHODS[methodName]()
  },
  error: () =>
    reply({
      errorMessage: 'no such key at https://bot:s3cret@vault.example/\u001b[2J',
      [methodName]: { publicKeyPEM: 'AAAA' },
    }),
  fails: () => {
    writeSync(2, 'no token at https://bot:s3cret@vault.example/v1\n')
    process.exitCode = 3
  },
  empty: () => reply({}),
  prose: () => writeSync(1, 'all is well'),
  bytes: () => reply({ [methodName]: { publicKeyPEM: 'not base64!' } }),
  tells: () =>
    reply({
      errorMessage: JSON.stringify({
        version,
        request,
        variables: Object.keys(process.env).filter((name) => /^(?:COSIGN|TESTKMS)_/.test(name)),
      }),
    }),
}

;(BEHAVIOURS[behaviour] ?? METHODS[methodName])()
