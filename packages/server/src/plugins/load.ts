import { pathToFileURL } from 'node:url'
import { brokenPlugin } from './errors.ts'
import type { PluginManifest } from './manifest.ts'

/** Loads a module by its absolute path. */
export type ImportModule = (path: string) => Promise<object>

/** The loader of Node. */
export const importModule: ImportModule = async path => {
  const module: unknown = await import(pathToFileURL(path).href)
  if (typeof module !== 'object' || module === null) throw new TypeError(`${path} is no module`)
  return module
}

/** A plug-in whose code is loaded when it is first asked for, and once only. */
export class Loaded<Value> {
  readonly manifest: PluginManifest
  readonly #read: (module: object, manifest: PluginManifest) => Value
  readonly #import: ImportModule
  #value: Promise<Value> | undefined
  /** Set as soon as loading has succeeded: what is loaded can be had without waiting. */
  current: Value | undefined

  constructor(
    manifest: PluginManifest,
    read: (module: object, manifest: PluginManifest) => Value,
    load: ImportModule,
  ) {
    this.manifest = manifest
    this.#read = read
    this.#import = load
  }

  /** Rejects with `plugin.broken`, always with the same error: Node does not load a module twice either. */
  get(): Promise<Value> {
    this.#value ??= this.#load()
    return this.#value
  }

  async #load(): Promise<Value> {
    let module: object
    try {
      module = await this.#import(this.manifest.entry)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw brokenPlugin(this.manifest.folder, reason, cause)
    }
    this.current = this.#read(module, this.manifest)
    return this.current
  }
}
