import { createHash, generateKeyPairSync, sign } from 'node:crypto'

import { canonicalJson } from '../../../src/json.ts'
import { type KeyPair, newKeyPair, toSpki } from './x509.ts'

/** A log entry in protobuf JSON, for tests to change. */
export type EntryJson = Record<string, any>

const hash = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hashing = createHash('sha256')
  for (const part of parts) hashing.update(part)
  return hashing.digest()
}

const INDEX = 41

/** A transparency log: of version 1 with promises (P-256), of version 2 without (Ed25519). */
export class TestLog {
  readonly pair: KeyPair
  readonly id: Buffer
  readonly url: string
  private readonly version: 1 | 2

  constructor(version: 1 | 2, url = `https://rekor${version}.example.com`) {
    this.version = version
    this.url = url
    this.pair = version === 1 ? newKeyPair() : generateKeyPairSync('ed25519')
    const spki = toSpki(this.pair.publicKey)
    // Of an Ed25519 key: https://github.com/C2SP/C2SP/blob/main/signed-note.md#signatures
    this.id =
      version === 1 ? hash(spki) : hash(`${new URL(url).host}\n`, Buffer.from([1]), spki.subarray(-32))
  }

  /** The second of two entries, with its proof. Whoever reads a body that is no object finds no kind in it. */
  add(body: unknown, at: Date): EntryJson {
    const { kind, apiVersion: version } = body as Record<string, unknown>
    const bytes = Buffer.from(canonicalJson(body))
    const integratedTime = Math.floor(at.getTime() / 1000)
    const sibling = hash('sibling')
    const rootHash = hash(Buffer.from([1]), sibling, hash(Buffer.from([0]), bytes))
    const promised = {
      body: bytes.toString('base64'),
      integratedTime,
      logID: this.id.toString('hex'),
      logIndex: INDEX,
    }
    return {
      // A log of version 1 counts the entries of earlier shards, too.
      logIndex: this.version === 1 ? String(INDEX) : '1',
      logId: { keyId: this.id.toString('base64') },
      kindVersion: { kind, version },
      ...(this.version === 1 && {
        integratedTime: String(integratedTime),
        inclusionPromise: { signedEntryTimestamp: this.sign(canonicalJson(promised)).toString('base64') },
      }),
      inclusionProof: {
        logIndex: '1',
        rootHash: rootHash.toString('base64'),
        treeSize: '2',
        hashes: [sibling.toString('base64')],
        checkpoint: { envelope: this.checkpoint(2, rootHash) },
      },
      canonicalizedBody: bytes.toString('base64'),
    }
  }

  /** https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md */
  private checkpoint(size: number, rootHash: Buffer): string {
    const name = new URL(this.url).host
    // Rekor 1 also names its tree.
    const note = `${name}${this.version === 1 ? ' - 4242424242' : ''}\n${size}\n${rootHash.toString('base64')}\n`
    const signature = Buffer.concat([this.id.subarray(0, 4), this.sign(note)])
    return `${note}\n— ${name} ${signature.toString('base64')}\n`
  }

  private sign(content: string): Buffer {
    return sign(this.version === 1 ? 'sha256' : null, Buffer.from(content), this.pair.privateKey)
  }
}
