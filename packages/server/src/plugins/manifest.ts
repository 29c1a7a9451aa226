import { join, sep } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { brokenPlugin } from './errors.ts'

const Name = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' })

/** A regular expression for the whole of a name; longer ones are a mistake. */
const NamesPattern = Type.String({ minLength: 1, maxLength: 200 })

/** The key `millrace` of a plug-in's package.json: its kind, and the name that users write. */
const MillraceKey = Type.Union([
  Type.Object({ kind: Type.Literal('connector'), system: Name }),
  Type.Object({ kind: Type.Literal('runtime'), language: Name, names: Type.Optional(NamesPattern) }),
  Type.Object({ kind: Type.Literal('storage'), driver: Name }),
])
type MillraceKey = Static<typeof MillraceKey>

export type PluginKind = MillraceKey['kind']

/** What is known of a plug-in without running any of its code. */
export interface PluginManifest {
  readonly kind: PluginKind
  /** System of a connector, language of a runtime, driver of a storage. */
  readonly name: string
  /** Whether a runtime serves a name that a function asks for; nothing that is not a runtime serves any. */
  readonly serves: (runtimeName: string) => boolean
  /** Folder as people see it, relative to the root of the installation. */
  readonly folder: string
  /** Absolute path of the module to load. */
  readonly entry: string
  readonly version: string
  readonly description: string
}

/**
 * Reads the text of a package.json.
 *
 * @param folder as people see it, for errors
 * @param path of the folder
 * @throws AppError `plugin.broken` that says what is missing or wrong
 */
export function parseManifest(text: string, folder: string, path: string): PluginManifest {
  let manifest: unknown
  try {
    manifest = JSON.parse(text)
  } catch (cause) {
    throw brokenPlugin(folder, 'its package.json is not JSON.', cause)
  }
  const key = member(manifest, 'millrace')
  if (key === undefined) throw brokenPlugin(folder, 'its package.json has no key "millrace".')
  if (!Value.Check(MillraceKey, key)) {
    throw brokenPlugin(
      folder,
      'the key "millrace" of its package.json must be {"kind": "connector", "system": …}, {"kind": "runtime", "language": …, "names": …} or {"kind": "storage", "driver": …}.',
    )
  }
  return {
    kind: key.kind,
    name: nameOf(key),
    serves: servesOf(key, folder),
    folder,
    entry: entryOf(manifest, folder, path),
    version: textOf(member(manifest, 'version')),
    description: textOf(member(manifest, 'description')),
  }
}

function nameOf(key: MillraceKey): string {
  if (key.kind === 'connector') return key.system
  return key.kind === 'runtime' ? key.language : key.driver
}

/** By the pattern `names`; without one, every name that begins with the language. */
function servesOf(key: MillraceKey, folder: string): PluginManifest['serves'] {
  if (key.kind !== 'runtime') return () => false
  const { language, names } = key
  if (names === undefined) return name => name.startsWith(language)
  try {
    const pattern = new RegExp(`^(?:${names})$`, 'u')
    return name => pattern.test(name)
  } catch (cause) {
    throw brokenPlugin(folder, `"names" of its package.json is no regular expression: ${names}`, cause)
  }
}

/** The module of `exports["."]`, as a text or under the conditions `import` and `default`. */
function entryOf(manifest: unknown, folder: string, path: string): string {
  const exported = member(member(manifest, 'exports'), '.')
  const entry = [exported, member(exported, 'import'), member(exported, 'default')].find(
    candidate => typeof candidate === 'string',
  )
  if (typeof entry !== 'string') throw brokenPlugin(folder, 'its package.json has no exports["."].')
  const absolute = join(path, entry)
  if (!absolute.startsWith(path + sep))
    throw brokenPlugin(folder, 'its exports["."] lies outside of the folder.')
  return absolute
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
