import type { BlobSwitches } from './blobs.ts'
import type { PersonalityName } from './like/personality-name.ts'
import type { PutManifestSwitches } from './put-manifest.ts'
import type { ReferrerSwitches } from './referrers.ts'
import type { TagSwitches } from './tags.ts'
import type { UploadSwitches } from './uploads.ts'
import type { Auth } from './auth-switches.ts'
import type { Outage } from './outage-switch.ts'

/** How a registry behaves all the time; faults that come and go are `Registry.fault`. */
export interface Switches
  extends UploadSwitches, BlobSwitches, PutManifestSwitches, ReferrerSwitches, TagSwitches {
  /** Answers as this registry was seen to; the other switches change single ways of it. */
  readonly like?: PersonalityName
  readonly auth?: Auth
  /** Bytes of a request at most: nginx in front says 413 in HTML while the rest is still on its way. */
  readonly bodyLimit?: number
  /** The repositories that may be written to (404 NAME_UNKNOWN for others, as ECR says); all when absent. */
  readonly repositories?: readonly string[]
  /** True: 403 to every write. */
  readonly readOnly?: boolean
  /** Away from the start, or after some requests, and back after some seconds; `Registry.goAway` does it later. */
  readonly away?: Outage
  /** True: https with the certificate of `tls.ts`. */
  readonly tls?: boolean
}
