import { randomUUID } from 'node:crypto'

import { type Asked, type Reply, refusal } from './asked.ts'
import { type BlobSwitches, findAnywhere, findBlob } from './blobs.ts'
import { refuseAboveQuota } from './quota.ts'
import type { Session, Store } from './store.ts'
import type { TagSwitches } from './tags.ts'
import { locationOf } from './upload-location.ts'
import { type UploadSwitches, answerCreated, complete } from './uploads.ts'

type Switches = UploadSwitches & BlobSwitches & Pick<TagSwitches, 'repositoryBegins'>

/** POST: a mount, a whole blob, or a session. */
export function beginUpload(asked: Asked, store: Store, switches: Switches, name: string): Reply {
  const { searchParams } = asked.url
  if (switches.repositoryBegins === 'upload') store.repository(name).listed = true
  const mount = searchParams.get('mount')
  if (mount !== null) {
    const mounted = mountOf(asked, store, switches, name, mount)
    if (mounted !== undefined) return mounted
  }
  if (searchParams.has('digest') && switches.singlePost === 201)
    return asked.headers['content-type'] === 'application/octet-stream'
      ? complete(asked, store, switches, name, asked.body)
      : { status: 415 }
  const id = randomUUID()
  const session: Session = { bytes: Buffer.alloc(0), range: undefined, broken: false, lost: false }
  store.uploads.set(id, session)
  return {
    status: 202,
    headers: {
      location: locationOf(asked, switches, name, id, session),
      'docker-upload-uuid': id,
      range: '0-0',
      ...(switches.chunkMinLength === undefined
        ? {}
        : { 'oci-chunk-min-length': String(switches.chunkMinLength) }),
    },
  }
}

/** The answer to a mount, or undefined for an ordinary upload session. */
function mountOf(
  asked: Asked,
  store: Store,
  switches: Switches,
  name: string,
  digest: string,
): Reply | undefined {
  const { mount } = switches
  if (mount === 401)
    return refusal(401, 'UNAUTHORIZED', 'unauthorized to access the source of the mount', undefined, {
      'www-authenticate': 'Basic realm="harbor"',
    })
  if (mount === 400 || mount === 404 || mount === 405)
    return refusal(mount, 'UNSUPPORTED', 'The operation is unsupported.')
  const from = asked.url.searchParams.get('from')
  const elsewhere = from === null ? undefined : findBlob(store, from, digest)
  const bytes = switches.dedupe === true ? findAnywhere(store, digest) : elsewhere
  if (bytes === undefined || mount === 202) return undefined
  const refused = refuseAboveQuota(store, switches, name, new Map([[digest, bytes.length]]))
  if (refused !== undefined) return refused
  store.repository(name).blobs.set(digest, bytes)
  return answerCreated(asked, switches, name, digest)
}
