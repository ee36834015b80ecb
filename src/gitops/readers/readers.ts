import { type PushProfile, PUSH_FORMS } from '../../artifact/profiles/push-profile.ts'
import { WASM_CONFIG, WASM_LAYER } from '../../artifact/profiles/wasm.ts'
import { WasmpackError } from '../../errors.ts'
import { DOCKER_MANIFEST } from '../../oci/media-types.ts'
import { listProxyWasmVersions } from '../../wasm/entry-points.ts'
import { type ArtifactShape, describeProfile } from './artifact-shape.ts'

/** Whether a consumer reads an artifact as it is. */
export interface Reading {
  readonly reader: Reader
  readonly reads: boolean
  /** What it needs besides, or why it does not read it; half a sentence. */
  readonly note?: string
}

const OCI_TREE = 'application/vnd.oci.image.layer.v1.tar+gzip'
const DOCKER_TREE = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
const BYTECODE_ALLIANCE = 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm'
const PROXY_WASM = 'application/vnd.module.wasm.content.layer.v1+wasm'
const LEGACY = 'application/vnd.wasm.content.layer.v1+wasm'

type Judgement = Omit<Reading, 'reader'>
type Judge = (shape: ArtifactShape) => Judgement

const yes = (note?: string): Judgement => ({ reads: true, ...(note === undefined ? {} : { note }) })
const no = (note: string): Judgement => ({ reads: false, note })

/** https://github.com/istio/istio/blob/master/pkg/wasm/imagefetcher.go, which Envoy Gateway has a copy of. */
const judgeForEnvoy: Judge = ({ mediaType, layerTypes, entrypoint, inspection }) => {
  if (!listProxyWasmVersions(inspection).some((version) => ['0.1.0', '0.2.0', '0.2.1'].includes(version)))
    return no('Envoy runs core modules that export proxy_abi_version_0_1_0, 0_2_0 or 0_2_1')
  const last = layerTypes.at(-1)
  const isImage = mediaType === DOCKER_MANIFEST ? last === DOCKER_TREE : last === OCI_TREE
  if (!isImage && !(layerTypes.length === 2 && layerTypes.includes(PROXY_WASM)))
    return no('it reads plugin.wasm in the last layer of an image, or two layers with a module')
  if (!isImage || entrypoint === undefined)
    return yes(isImage ? 'the file has to be called plugin.wasm' : undefined)
  return entrypoint.split('/').at(-1) === 'plugin.wasm' ? yes() : no('the file is not called plugin.wasm')
}

const isTree = (type: string): boolean => /(?:tar\+gzip|tar\.gzip|tar)$/.test(type)

/** Every consumer, by the name that flags have. Each line was seen to accept and to refuse the forms that the tests have. */
const READERS = {
  istio: judgeForEnvoy,
  'envoy-gateway': judgeForEnvoy,
  runwasi: ({ platform, layerTypes, entrypoint, form, inspection }) => {
    if (inspection.kind === 'wit') return no('a WIT package has nothing that runs')
    if (form === 'image')
      return platform === undefined || platform.architecture === 'wasm'
        ? no('containerd unpacks no layers for this platform: the image has to be for linux')
        : yes()
    if (
      platform?.architecture !== 'wasm' ||
      !layerTypes.every((type) => type === WASM_LAYER || type === BYTECODE_ALLIANCE)
    )
      return no('its config is not for the architecture wasm, or its layer is of another type')
    return yes(entrypoint === undefined ? 'pods need a command' : undefined)
  },
  'image-volume': ({ form }) =>
    form === 'image' ? yes() : no('containerd would mount an empty directory, without an error'),
  wasmcloud: ({ layerTypes, inspection }) => {
    if (!layerTypes.every((type) => type === WASM_LAYER || type === PROXY_WASM))
      return no('its layers are not of a type that wasmCloud knows')
    return inspection.kind === 'component'
      ? yes()
      : no('it would be pulled and not start: wasmCloud runs components')
  },
  spin: ({ layerTypes, platform, inspection }) => {
    if (layerTypes.length !== 1 || layerTypes[0] !== WASM_LAYER || platform?.architecture !== 'wasm')
      return no('the shim reads Spin applications, or one layer application/wasm')
    return inspection.kind === 'component' ? yes() : no('the shim serves components')
  },
  kubewarden: ({ layerTypes, inspection }) => {
    if (!layerTypes.every((type) => type === LEGACY)) return no('it reads the form of wasm-to-oci alone')
    return inspection.kind === 'module' ? yes() : no('policies are core modules')
  },
  flux: ({ layerTypes }) =>
    layerTypes[0] !== undefined && isTree(layerTypes[0])
      ? yes('as a tree of files')
      : yes('with layerSelector.operation: copy'),
  'argo-cd': ({ layerTypes }) =>
    layerTypes.filter(isTree).length === 1 && layerTypes.length <= 10
      ? yes('as a tree of files')
      : no('it needs exactly one layer that is a tar'),
  wkg: ({ configType, layerTypes }) =>
    configType === WASM_CONFIG && layerTypes.length === 1 && layerTypes[0] === WASM_LAYER
      ? yes()
      : no('it reads the CNCF Wasm artifact alone'),
} satisfies Readonly<Record<string, Judge>>

export type Reader = keyof typeof READERS

export const READER_NAMES = Object.keys(READERS) as readonly Reader[]

const INDEX = no('it is an index: name the manifest that holds the module by its digest')

/** What every consumer does with an artifact, in the order of the table. */
export const listReadings = (shape: ArtifactShape): readonly Reading[] =>
  READER_NAMES.map((reader) => Object.assign({ reader }, judge(reader, shape)))

const judge = (reader: Reader, shape: ArtifactShape): Judgement =>
  shape.kind === 'index' ? INDEX : READERS[reader](shape)

/** Throws USAGE, with the profile that works if there is one, unless all of the consumers read the artifact as it is. */
export async function requireReaders(readers: readonly Reader[], shape: ArtifactShape): Promise<void> {
  const readings = readers.map((reader): Reading => Object.assign({ reader }, judge(reader, shape)))
  const refusing = readings.filter(({ reads }) => !reads)
  if (refusing.length === 0) return
  const profile = await findProfile(readers, shape)
  const message = refusing.map(({ reader, note }) => `${reader} does not read this artifact: ${note}`)
  throw new WasmpackError('USAGE', message.join('; '), {
    hint:
      profile === undefined
        ? await adviseWithout(readers, shape)
        : `push the module with --profile ${profile}`,
    details: { readers: readings, ...(profile === undefined ? {} : { profile }) },
  })
}

/** Where no profile works for all of the consumers: whether there is one for each. */
async function adviseWithout(readers: readonly Reader[], shape: ArtifactShape): Promise<string> {
  const hopeless: Reader[] = []
  for (const reader of readers) if ((await findProfile([reader], shape)) === undefined) hopeless.push(reader)
  return hopeless.length > 0
    ? `no profile of this module works for ${hopeless.join(', ')}`
    : 'no profile works for all of them: push the module once for each, under tags of their own'
}

async function findProfile(
  readers: readonly Reader[],
  { inspection }: ArtifactShape,
): Promise<PushProfile['form'] | undefined> {
  for (const form of PUSH_FORMS) {
    const profile: PushProfile =
      form === 'image' ? { form, platform: { os: 'linux', architecture: 'amd64' } } : { form }
    const shape = await describeProfile(profile, inspection)
    if (readers.every((reader) => judge(reader, shape).reads)) return form
  }
  return undefined
}
