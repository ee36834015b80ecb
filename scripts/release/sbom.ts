import { readFile } from 'node:fs/promises'

import { fetchNode } from './fetch-node.ts'
import { findOwnPlatform, NODE_VERSION, type Platform } from './platforms.ts'
import { runProgram } from './run-program.ts'

interface Package {
  readonly name: string
  readonly version: string
  readonly license: string
}

/** The content of `assets/` that others wrote, as assets/README.md describes it. */
const ASSETS: readonly Package[] = [
  { name: '@bytecodealliance/jco-transpile', version: '0.15.0', license: 'Apache-2.0 WITH LLVM-exception' },
  { name: '@bytecodealliance/preview2-shim', version: '0.26.1', license: 'Apache-2.0 WITH LLVM-exception' },
]

/**
 * A CycloneDX bill of materials of an executable: the npm packages that the bundler read, Node, and what Node says it contains. It
 * has no time and no serial number, so it is the same in each build.
 * https://cyclonedx.org/docs/1.6/json/
 */
export async function describeContents(platform: Platform, version: string): Promise<string> {
  const packages = [...(await listBundled()), ...ASSETS]
  const node = {
    type: 'platform',
    name: 'node',
    version: NODE_VERSION,
    purl: `pkg:generic/node@${NODE_VERSION}`,
  }
  const components = [
    ...packages.map((each) => ({
      type: 'library',
      'bom-ref': toPurl(each),
      name: each.name,
      version: each.version,
      licenses: [toLicence(each.license)],
      purl: toPurl(each),
    })),
    {
      ...node,
      'bom-ref': node.purl,
      properties: [{ name: 'npm:package', value: `${platform.node.package}@${NODE_VERSION}` }],
      hashes: [{ alg: 'SHA-512', content: toHex(platform.node.integrity) }],
      components: await listPartsOfNode(),
    },
  ]
  const subject = {
    type: 'application',
    'bom-ref': `wasmpack@${version}`,
    name: 'wasmpack',
    version,
    licenses: [{ license: { id: 'Apache-2.0' } }],
  }
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: subject, properties: [{ name: 'wasmpack:platform', value: platform.name }] },
    components,
    dependencies: [
      { ref: subject['bom-ref'], dependsOn: components.map((each) => each['bom-ref']) },
      ...components.map((each) => ({ ref: each['bom-ref'] })),
    ],
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** The packages that contain the modules of the bundle, sorted. */
async function listBundled(): Promise<readonly Package[]> {
  const modules = JSON.parse(await readFile('dist/modules.json', 'utf8')) as readonly string[]
  const directories = modules.flatMap(
    (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  )
  return await Promise.all(
    [...new Set(directories)]
      .sort()
      .map(async (directory) => JSON.parse(await readFile(`${directory}/package.json`, 'utf8')) as Package),
  )
}

/** The libraries in Node, as `process.versions` names them; ABI numbers and the like are no components. */
async function listPartsOfNode(): Promise<readonly object[]> {
  const printed = await runProgram(await fetchNode(findOwnPlatform()), [
    '-p',
    'JSON.stringify(process.versions)',
  ])
  const versions = Object.entries(JSON.parse(printed) as Readonly<Record<string, string>>)
  return versions
    .filter(([name]) => !['node', 'modules', 'napi', 'cldr', 'tz', 'unicode'].includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, version]) => ({ type: 'library', name, version }))
}

const toPurl = ({ name, version }: Package): string => `pkg:npm/${name.replace('@', '%40')}@${version}`

/** An identifier of SPDX, or an expression of them. */
const toLicence = (licence: string): object =>
  licence.includes(' ') ? { expression: licence } : { license: { id: licence } }

const toHex = (integrity: string): string =>
  Buffer.from(integrity.slice(integrity.indexOf('-') + 1), 'base64').toString('hex')
