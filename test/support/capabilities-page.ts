import { CATALOG_VERSION, FAMILIES, appendTrack } from '../../src/capabilities/catalog/catalog.ts'
import { type CapabilityClass, CLASSES, getClassRule } from '../../src/capabilities/catalog/classes.ts'
import { PROXY_CLASSES } from '../../src/capabilities/catalog/classes/proxy-classes.ts'
import { SERVICE_CLASSES } from '../../src/capabilities/catalog/classes/service-classes.ts'
import { SYSTEM_CLASSES } from '../../src/capabilities/catalog/classes/system-classes.ts'
import { type ClassImports, listClassImports } from '../../src/capabilities/explain/explain-import.ts'
import { findDescribedGrant, listRuntimeGrants } from '../../src/gitops/runtime-grants.ts'
import { DESCRIBED_GRANTS, type DescribedGrant } from '../../src/gitops/runtimes/runtime.ts'

/** docs/capabilities.md */
export const capabilitiesPage = (): string => `# Capabilities

Generated from the catalogue (version ${CATALOG_VERSION}) by \`npm run docs\`; a test holds it. Every import of a module falls into
one of these classes, or is not in the catalogue: then it is denied unless \`spec.hostInterfaces\` grants it by name. On the command
line, \`wasmpack explain IMPORT\` says the same about one import, an interface or a class. Custom sections that hosts run as native
code have a class too, [\`native-code\`](#native-code): by their names, or because they begin as an object file does (ELF, Mach-O, PE,
archives, WAMR, LLVM bitcode), in nested modules and components as well.

An import that is absent is a proof: without it the module cannot do the thing. One that is present is a request: which hosts, paths,
keys and names it reaches, its runtime has to enforce. An empty list in a grant allows the import and reaches nothing.

Interfaces match on their semver-compatible track (\`0.2\` is every 0.2.x), prereleases exactly. An interface of which a component
imports types only gives it no capability.

- [What a program asks of its system](#what-a-program-asks-of-its-system)
- [What it asks of a platform](#what-it-asks-of-a-platform)
- [What a filter asks of its proxy](#what-a-filter-asks-of-its-proxy)
- [How runtimes grant it](#how-runtimes-grant-it)
- [Where imports are written down](#where-imports-are-written-down)

## What a program asks of its system

${sections(SYSTEM_CLASSES)}
## What it asks of a platform

${sections(SERVICE_CLASSES)}
## What a filter asks of its proxy

${sections(PROXY_CLASSES)}
## How runtimes grant it

Envoy knows all core imports by name, those of WASI 0.1 too: \`allowed_capabilities\` lists the functions, and an empty map allows
everything. Wasmtime takes \`-S http\`, \`config\`, \`keyvalue\` and \`tls\` for components only.

${DESCRIBED_GRANTS.map(runtimesOf).join('\n')}
## Where imports are written down

| what | specification or source |
|---|---|
${FAMILIES.map(({ title, spec }) => `| ${title} | ${spec} |`).join('\n')}
`

type Classes = Readonly<Partial<Record<CapabilityClass, unknown>>>

const namesOf = (classes: Classes): CapabilityClass[] =>
  (Object.keys(CLASSES) as CapabilityClass[]).filter((name) => Object.hasOwn(classes, name))

/** As GitHub makes an anchor of a heading. */
export const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-')

const sections = (classes: Classes): string =>
  `| class | it can | risk |\n|---|---|---|\n${namesOf(classes).map(row).join('\n')}\n\n${namesOf(classes).map(section).join('\n')}`

function row(name: CapabilityClass): string {
  const { meaning, risk } = getClassRule(name)
  return `| [\`${name}\`](#${anchor(name)}) | ${meaning} | ${risk} |`
}

function section(name: CapabilityClass): string {
  const { meaning, risk, grants = [], example, runtime } = getClassRule(name)
  const described = [...new Set(grants.map(findDescribedGrant))].filter((grant) => grant !== undefined)
  const how = described.map((grant) => `[\`${grant}\`](#${anchor(`granting ${grant}`)})`).join(', ')
  const lines = [
    `### ${name}`,
    '',
    `It can ${meaning}. Risk: **${risk}**. ${example === undefined ? 'No grant is needed.' : `Grant: \`${example}\``}`,
    ...(runtime === undefined ? [] : ['', `Not proved by the import: ${runtime}.`]),
    ...(how === '' ? [] : ['', `How runtimes grant it: ${how}`]),
    '',
    ...listClassImports(name).map(importLine),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

const importLine = ({ module, versions, names }: ClassImports): string =>
  `- \`${appendTrack(module, versions[0] ?? '')}\`${otherVersions(versions.slice(1))}: ${names.map((name) => `\`${name}\``).join(' ')}`

const LISTED = 2

const otherVersions = (versions: readonly string[]): string => {
  if (versions.length === 0) return ''
  if (versions.length > LISTED) return ` (and ${versions.length} prereleases)`
  return ` (and ${versions.map((version) => `\`${version}\``).join(', ')})`
}

function runtimesOf(grant: DescribedGrant): string {
  const lines = listRuntimeGrants(grant).map(({ runtime, how }) => `- ${runtime}: ${how}`)
  return `### Granting ${grant}\n\n${lines.join('\n')}\n`
}
