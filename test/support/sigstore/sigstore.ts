import { onTestFinished } from 'vitest'

import { Transport } from '../../../src/http/transport.ts'
import { impatientClock } from '../registry/opened.ts'
import { serve, type Served } from '../serve.ts'
import { imitateFulcio, type FulcioSwitches } from './fulcio.ts'
import { imitateRekor1, imitateRekor2, type RekorSwitches } from './rekor.ts'
import { imitateTimestampAuthority, type TimestampSwitches } from './timestamp-authority.ts'

export interface SigstoreSwitches {
  readonly fulcio?: FulcioSwitches
  readonly rekor1?: RekorSwitches
  readonly rekor2?: RekorSwitches
  readonly timestamps?: TimestampSwitches
}

/** Small servers that imitate the services of a Sigstore; they end with the test. */
export interface ImitatedSigstore {
  readonly fulcio: Served
  readonly rekor1: Served
  readonly rekor2: Served
  readonly timestamps: Served
  /** The complete address of the timestamp authority. */
  readonly timestampUrl: string
}

export async function startImitatedSigstore(switches: SigstoreSwitches = {}): Promise<ImitatedSigstore> {
  const timestamps = await serve(imitateTimestampAuthority(switches.timestamps))
  return {
    fulcio: await serve(imitateFulcio(switches.fulcio)),
    rekor1: await serve(imitateRekor1(switches.rekor1)),
    rekor2: await serve(imitateRekor2(switches.rekor2)),
    timestamps,
    timestampUrl: `${timestamps.origin}/api/v1/timestamp`,
  }
}

export interface QuickTransport {
  readonly transport: Transport
  /** What `--debug` would show. */
  readonly debug: readonly string[]
}

/** A transport that ends with the test. Its waits are over at once, and its time is the real one. */
export function openQuickTransport(): QuickTransport {
  const debug: string[] = []
  const transport = new Transport({
    clock: { ...impatientClock(), now: Date.now },
    debug: (line) => debug.push(line),
  })
  onTestFinished(() => transport.close())
  return { transport, debug }
}
