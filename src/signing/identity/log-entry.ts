import type { TransparencyLogEntry } from '@sigstore/bundle'

import type { LogEntry } from '../bundle.ts'
import { decodeBase64 } from '../base64.ts'
import { isPresent, type JsonRecord, StrictFields } from '../strict-fields.ts'
import { NotVerified } from './not-verified.ts'

const HASH_LIMIT = 64
/** Of a checkpoint and of a signature in one, in characters. */
const CHECKPOINT_LIMIT = 64 * 1024

/** Reads an entry of a transparency log as the library takes it. Throws {@link NotVerified}. */
export const readLogEntry = (entry: LogEntry): TransparencyLogEntry => new EntryReader().entry(entry)

class EntryReader extends StrictFields {
  constructor() {
    super((problem) => new NotVerified(problem))
  }

  entry(entry: LogEntry): TransparencyLogEntry {
    const { logIndex, logId, kindVersion, integratedTime, inclusionPromise, inclusionProof } = entry
    const { kind, version } = this.record(kindVersion, 'kindVersion', ['kind', 'version'])
    return {
      logIndex: this.number(logIndex, 'logIndex'),
      logId: { keyId: this.bytes(this.record(logId, 'logId', ['keyId'])['keyId'], 'logId') },
      kindVersion: { kind: this.text(kind, 'kind', 80), version: this.text(version, 'version', 80) },
      integratedTime: this.number(integratedTime, 'integratedTime'),
      inclusionPromise: this.promise(inclusionPromise),
      inclusionProof: isPresent(inclusionProof)
        ? this.proof(
            this.record(inclusionProof, 'inclusionProof', [
              'logIndex',
              'rootHash',
              'treeSize',
              'hashes',
              'checkpoint',
            ]),
          )
        : undefined,
      canonicalizedBody: this.bytes(entry['canonicalizedBody'], 'canonicalizedBody'),
    }
  }

  /** Protobuf JSON leaves zero out. */
  private number(value: unknown, what: string): string {
    return isPresent(value) ? this.integer(value, what) : '0'
  }

  private promise(value: unknown): TransparencyLogEntry['inclusionPromise'] {
    if (!isPresent(value)) return undefined
    const { signedEntryTimestamp } = this.record(value, 'inclusionPromise', ['signedEntryTimestamp'])
    return { signedEntryTimestamp: this.bytes(signedEntryTimestamp, 'signedEntryTimestamp') }
  }

  private proof({
    logIndex,
    rootHash,
    treeSize,
    hashes,
    checkpoint,
  }: JsonRecord): NonNullable<TransparencyLogEntry['inclusionProof']> {
    if (isPresent(hashes) && (!Array.isArray(hashes) || hashes.length > HASH_LIMIT))
      throw this.malformed(`has hashes that are not a list of at most ${HASH_LIMIT}`)
    const list: readonly unknown[] = Array.isArray(hashes) ? hashes : []
    const { envelope } = this.record(checkpoint, 'checkpoint', ['envelope'])
    return {
      logIndex: this.number(logIndex, 'logIndex of the proof'),
      rootHash: this.bytes(rootHash, 'rootHash'),
      treeSize: this.number(treeSize, 'treeSize'),
      hashes: list.map((hash) => this.bytes(hash, 'hashes')),
      checkpoint: { envelope: this.signedNote(envelope) },
    }
  }

  /** C2SP signed-note: a text, an empty line and signature lines. The library passes over what is none, and reads other base64. */
  private signedNote(value: unknown): string {
    const envelope = this.text(value, 'checkpoint', CHECKPOINT_LIMIT)
    const [, signatures] = /\n\n(.*)\n$/s.exec(envelope) ?? []
    const isSigned = signatures?.split('\n').every((line) => {
      const [, signature] = /^\u2014 \S+ (\S+)$/.exec(line) ?? []
      return decodeBase64(signature) !== undefined
    })
    if (isSigned !== true) throw this.malformed('has a checkpoint that is not a signed note')
    return envelope
  }
}
