/**
 * The name of a component's import or export, by its form.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#import-and-export-definitions
 */
export type ParsedName = PlainName | InterfaceExternName | DependencyName

/** `log`, `[method]descriptor.open-at`. */
export interface PlainName {
  readonly kind: 'plain'
  /** Without the brackets: `method`, `constructor`, `static`, or one that drafts of the specification had. */
  readonly annotation?: string
  /** The resource that a constructor, a method or a static function belongs to. */
  readonly resource?: string
  /** After the dot, if there is one. */
  readonly label: string
}

/** `wasi:http/types@0.2.3`. */
export interface InterfaceExternName {
  readonly kind: 'interface'
  /** With its namespace: `wasi:http`. */
  readonly package: string
  /** `types`. */
  readonly interface: string
  /** A semantic version, or only the part of it that compatibility goes by: `0.2`. */
  readonly version?: string
}

/**
 * `unlocked-dep=<..>`, `locked-dep=<..>`, `url=<..>` or `integrity=<..>`: refers to another component. The specification
 * has dropped them; binaries that have them exist.
 */
export interface DependencyName {
  readonly kind: 'dependency'
  readonly scheme: 'unlocked-dep' | 'locked-dep' | 'url' | 'integrity'
  /** Between the angle brackets. */
  readonly value: string
  readonly integrity?: string
}

/** Annotations whose name is `resource.label`; the others but `constructor` stand before a label alone. */
const MEMBER_ANNOTATIONS: ReadonlySet<string> = new Set([
  'method',
  'static',
  'method][get',
  'method][set',
  'static][get',
  'static][set',
  'async method',
  'async static',
])
const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...MEMBER_ANNOTATIONS,
  'constructor',
  'get',
  'set',
  'async',
])

const FRAGMENT = /^(?:[0-9a-z]+|[0-9A-Z]+)$/
const WORDS = /^[a-z][0-9a-z]*(?:-[0-9a-z]+)*$/
const INTERFACE = /^([^/@]*)\/([^@]*)(?:@(.*))?$/s
const DEPENDENCY = /^(unlocked-dep|locked-dep|url|integrity)=<([^<>]*)>(?:,integrity=<([^<>]*)>)?$/
const IDENTIFIERS = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/
const CORE_VERSION = /^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$/
const CANONICAL_VERSION = /^(?:[1-9][0-9]*|0\.[1-9][0-9]*|0\.0\.(?:0|[1-9][0-9]*))$/

/** Parses the name of an import or export; undefined if it is invalid. */
export function parseExternName(text: string): ParsedName | undefined {
  return parseDependency(text) ?? parseInterfaceExternName(text) ?? parsePlainName(text)
}

/** As {@link parseExternName}, for interfaces only. */
export function parseInterfaceExternName(text: string): InterfaceExternName | undefined {
  const [, owner, path, version] = INTERFACE.exec(text) ?? []
  if (owner === undefined || path === undefined) return undefined
  const namespaces = owner.split(':')
  if (namespaces.length < 2 || !namespaces.every((part) => WORDS.test(part))) return undefined
  if (!path.split('/').every(isLabel)) return undefined
  if (version === undefined) return { kind: 'interface', package: owner, interface: path }
  if (!isSemanticVersion(version) && !CANONICAL_VERSION.test(version)) return undefined
  return { kind: 'interface', package: owner, interface: path, version }
}

function parseDependency(text: string): DependencyName | undefined {
  const [, scheme, value, integrity] = DEPENDENCY.exec(text) ?? []
  if (value === undefined || (integrity !== undefined && !['locked-dep', 'url'].includes(scheme!)))
    return undefined
  return {
    kind: 'dependency',
    scheme: scheme as DependencyName['scheme'],
    value,
    ...(integrity === undefined ? {} : { integrity }),
  }
}

function parsePlainName(text: string): PlainName | undefined {
  const close = text.lastIndexOf(']')
  if (close < 0) return isLabel(text) ? { kind: 'plain', label: text } : undefined
  const annotation = text.slice(1, close)
  const rest = text.slice(close + 1)
  if (!text.startsWith('[') || !ANNOTATIONS.has(annotation)) return undefined
  if (!MEMBER_ANNOTATIONS.has(annotation)) {
    if (!isLabel(rest)) return undefined
    return {
      kind: 'plain',
      annotation,
      ...(annotation === 'constructor' ? { resource: rest } : {}),
      label: rest,
    }
  }
  const [resource, label, ...more] = rest.split('.')
  if (more.length > 0 || !isLabel(resource!) || label === undefined || !isLabel(label)) return undefined
  return { kind: 'plain', annotation, resource: resource!, label }
}

const isLabel = (text: string): boolean =>
  !/^[0-9]/.test(text) && text.split('-').every((fragment) => FRAGMENT.test(fragment))

/** https://semver.org */
function isSemanticVersion(text: string): boolean {
  const [withoutBuild, build] = splitAtFirst(text, '+')
  const [core, prerelease] = splitAtFirst(withoutBuild, '-')
  return (
    CORE_VERSION.test(core) &&
    (build === undefined || IDENTIFIERS.test(build)) &&
    (prerelease === undefined ||
      (IDENTIFIERS.test(prerelease) && prerelease.split('.').every((part) => !/^0[0-9]+$/.test(part))))
  )
}

/**
 * Whether a version suffix completes the version of an interface's name: `0.2` and `.6` make `0.2.6`. The split has to be
 * where compatibility ends; before a pre-release both that and the build is accepted, as tools differ.
 */
export function completesVersion(version: string, suffix: string): boolean {
  const full = version + suffix
  const withoutBuild = splitAtFirst(full, '+')[0]
  const [core, prerelease] = splitAtFirst(withoutBuild, '-')
  const [major, minor, patch] = CORE_VERSION.exec(core)?.slice(1) ?? []
  if (patch === undefined || !isSemanticVersion(full)) return false
  if (prerelease !== undefined && version === withoutBuild) return true
  return version === (major !== '0' ? major : minor !== '0' ? `0.${minor}` : `0.0.${patch}`)
}

/**
 * Two names with equal keys conflict even if they are spelled differently, since bindings would give them one
 * identifier. https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#name-uniqueness
 */
export function computeUniquenessKey(name: ParsedName, text: string): string {
  const folded = (label: string): string => label.replaceAll('-', '').toLowerCase()
  switch (name.kind) {
    case 'interface':
      return `${folded(name.package)}/${folded(name.interface)}@${name.version ?? ''}`
    case 'dependency':
      return text
    case 'plain': {
      const label = folded(name.label)
      if (name.annotation === 'constructor') return `[constructor]${label}`
      const resource = name.resource === undefined ? undefined : folded(name.resource)
      if (resource === label) return label
      const key = resource === undefined ? label : `${resource}.${label}`
      return name.annotation?.endsWith('set') ? `[set]${key}` : key
    }
  }
}

function splitAtFirst(text: string, separator: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
