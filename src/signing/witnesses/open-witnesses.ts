import type { Transport } from '../../http/transport.ts'
import type { SigningServices } from '../services/choose-services.ts'
import type { Witness } from '../witness.ts'
import { createRekor1 } from './rekor1.ts'
import { createRekor2 } from './rekor2.ts'
import { createTimestampAuthority } from './timestamp-authority.ts'

/** The logs and timestamp authorities of the services, as witnesses. Nothing is sent yet. */
export const openWitnesses = (
  { logs, timestampAuthorities }: SigningServices,
  transport: Transport,
): readonly Witness[] => [
  ...logs.map(({ url, version }) => (version === 1 ? createRekor1 : createRekor2)(url, transport)),
  ...timestampAuthorities.map((url) => createTimestampAuthority(url, transport)),
]
