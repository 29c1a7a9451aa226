import type { Connector, Runtime, SinkDefinition, SourceDefinition } from '@millrace/spi'
import { brokenPlugin } from './errors.ts'
import type { PluginManifest } from './manifest.ts'

// What a module exports is foreign: these look at it once, when it was loaded, so that a plug-in that is not what it
// says fails with its folder, and not somewhere in the middle of a delivery.

/** The export `connector` of a module. Throws `plugin.broken`. */
export function connectorOf(module: object, manifest: PluginManifest): Connector {
  const value: unknown = Reflect.get(module, 'connector')
  if (!isConnector(value)) {
    throw brokenPlugin(
      manifest.folder,
      'it exports no `connector` with a system, a title and options made by typebox.',
    )
  }
  if (value.system !== manifest.name) {
    throw brokenPlugin(manifest.folder, `its code says ${value.system}, its package.json ${manifest.name}.`)
  }
  return value
}

/** The export `runtime` of a module. Throws `plugin.broken`. */
export function runtimeOf(module: object, manifest: PluginManifest): Runtime {
  const value: unknown = Reflect.get(module, 'runtime')
  if (!isRuntime(value)) throw brokenPlugin(manifest.folder, 'it exports no `runtime` made by defineRuntime.')
  if (value.language !== manifest.name) {
    throw brokenPlugin(manifest.folder, `its code says ${value.language}, its package.json ${manifest.name}.`)
  }
  return value
}

function isConnector(value: unknown): value is Connector {
  return (
    hasText(value, 'system') &&
    hasText(value, 'title') &&
    (!has(value, 'sink') || isSink(value.sink)) &&
    (!has(value, 'source') || isSource(value.source)) &&
    (!has(value, 'connection') || value.connection === undefined || isSchema(value.connection))
  )
}

function isSink(value: unknown): value is SinkDefinition | undefined {
  if (value === undefined) return true
  return (
    hasFunction(value, 'open') && has(value, 'recordsMax') && has(value, 'options') && isSchema(value.options)
  )
}

function isSource(value: unknown): value is SourceDefinition | undefined {
  if (value === undefined) return true
  return (
    hasFunction(value, 'open') &&
    has(value, 'tasksMax') &&
    has(value, 'ordered') &&
    has(value, 'options') &&
    isSchema(value.options)
  )
}

/** A schema made by typebox: the defaults of any other would not be filled in. */
function isSchema(value: unknown): boolean {
  return has(value, '~kind') && value['~kind'] === 'Object' && has(value, 'properties')
}

function isRuntime(value: unknown): value is Runtime {
  return hasText(value, 'language') && hasFunction(value, 'detect')
}

function has<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return typeof value === 'object' && value !== null && name in value
}

function hasText(value: unknown, name: string): value is Record<string, string> {
  return has(value, name) && typeof value[name] === 'string' && value[name] !== ''
}

function hasFunction(value: unknown, name: string): boolean {
  return has(value, name) && typeof value[name] === 'function'
}
