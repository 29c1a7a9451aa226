import { AppError, retryNever } from '@millrace/spi'
import { type Control, checkCount } from './control.ts'
import { notFound } from './errors.ts'
import { LayerSpec } from './function-parts.ts'
import { busKey } from './names.ts'
import { documentKey } from './records.ts'
import { sealRecord } from './secrets.ts'
import type { LayerView } from './snapshot.ts'
import { checkName, specParser } from './spec.ts'

const parseLayer = specParser('layer', LayerSpec)

/** First word of the keys of a layer's counter, and of its versions. */
export const layerKind = 'layer'
export const layerVersionKind = 'layer-version'

/** What is stored of a version of a layer. */
export interface LayerRecord {
  readonly spec: LayerSpec
  readonly createdAtMs: number
  /** It was deleted while functions used it. */
  readonly deleted?: true
}

/** Layers of all accounts and their versions, which never change (function-compute section 9.1). */
export class LayerStore {
  private readonly control: Control

  constructor(control: Control) {
    this.control = control
  }

  /** Adds the next version of a layer, or the first. Numbers are never given again. */
  publish(account: string, name: string, spec: unknown): Promise<LayerView> {
    return this.control.exclusive(async () => {
      const { control } = this
      checkName('layer', name)
      const parsed = parseLayer(spec)
      await control.host.checkParts?.layer(account, parsed)
      const key = busKey(account, name)
      const last = control.layerCounters.get(key)
      if (last === undefined) {
        const names = [...control.layerCounters.keys()].filter(each => each.startsWith(`${account}/`))
        control.checkQuota('layers', account, names.length)
      }
      const versions = this.versionsOf(account, name)
      checkCount('versions of this layer', versions.length, control.limits.versionsPerLayerMax)
      const version = (last ?? 0) + 1
      const { documents, clock, secrets } = control.host
      // The number is spent before it is used: after a crash in between it is skipped, not given twice.
      await documents.put(documentKey(layerKind, account, name), { lastVersion: version })
      control.layerCounters.set(key, version)
      const record: LayerRecord = { spec: parsed, createdAtMs: clock.nowMs() }
      await documents.put(
        documentKey(layerVersionKind, account, name, String(version)),
        sealRecord(record, secrets),
      )
      const view: LayerView = { account, name, version, ...record }
      control.layers.set(layerKey(view), view)
      control.publish()
      return view
    })
  }

  get(account: string, name: string, version: number): LayerView {
    const found = this.control.layers.get(`${account}/${name}:${version}`)
    if (found === undefined || found.deleted) throw notFound('layer', `${name}:${version}`)
    return found
  }

  /** The newest version of each layer, in order of the names. */
  list(account: string): LayerView[] {
    const newest = new Map<string, LayerView>()
    for (const layer of this.control.layers.values()) {
      if (layer.account !== account || layer.deleted) continue
      if ((newest.get(layer.name)?.version ?? 0) < layer.version) newest.set(layer.name, layer)
    }
    return [...newest.values()].sort((left, right) => (left.name < right.name ? -1 : 1))
  }

  /** All versions of a layer, the newest first. */
  versions(account: string, name: string): LayerView[] {
    const versions = this.versionsOf(account, name)
    if (versions.length === 0) throw notFound('layer', name)
    return versions.sort((left, right) => right.version - left.version)
  }

  /** Functions that use the version go on; nothing can begin to use it. It is forgotten when the last of them is gone. */
  delete(account: string, name: string, version: number): Promise<void> {
    return this.control.exclusive(async () => {
      const { control } = this
      const layer = this.get(account, name, version)
      const { documents, secrets } = control.host
      const record: LayerRecord = { spec: layer.spec, createdAtMs: layer.createdAtMs, deleted: true }
      await documents.put(
        documentKey(layerVersionKind, account, name, String(version)),
        sealRecord(record, secrets),
      )
      control.layers.set(layerKey(layer), { ...layer, deleted: true })
      await this.forgetDeleted()
      control.publish()
    })
  }

  /** Forgets deleted versions that nothing uses any more. At the start and inside `exclusive`. */
  async forgetDeleted(): Promise<void> {
    const { control } = this
    const deleted = [...control.layers.values()].filter(layer => layer.deleted)
    if (deleted.length === 0) return
    const used = usedLayers(control)
    for (const layer of deleted) {
      if (used.has(layerKey(layer))) continue
      const key = documentKey(layerVersionKind, layer.account, layer.name, String(layer.version))
      await control.host.documents.delete(key)
      control.layers.delete(layerKey(layer))
    }
  }

  private versionsOf(account: string, name: string): LayerView[] {
    return [...this.control.layers.values()].filter(
      layer => layer.account === account && layer.name === name && !layer.deleted,
    )
  }
}

/**
 * Throws `function.layer-not-found` and `function.layer-incompatible`. A list that stays as it was may go on naming
 * versions that were deleted.
 */
export function checkLayers(
  control: Control,
  account: string,
  { layers, runtime }: { readonly layers: readonly string[]; readonly runtime: string },
  before: readonly string[],
): void {
  const isKept = layers.length === before.length && layers.every((layer, index) => layer === before[index])
  for (const name of layers) {
    const layer = control.layers.get(`${account}/${name}`)
    if (layer === undefined || (layer.deleted && !isKept)) {
      throw new AppError('function.layer-not-found', `there is no layer ${name}`, retryNever, {
        details: { layer: name },
      })
    }
    const { runtimes } = layer.spec
    if (runtimes.length === 0 || runtimes.includes(runtime)) continue
    throw new AppError(
      'function.layer-incompatible',
      `runtime ${runtime} is not supported by layer ${name}, which fits ${runtimes.join(', ')}`,
      retryNever,
      { details: { layer: name, runtime, runtimes } },
    )
  }
}

/** Key of a layer in the snapshot. */
export function layerKey({ account, name, version }: LayerView): string {
  return `${account}/${name}:${version}`
}

function usedLayers(control: Control): Set<string> {
  const used = new Set<string>()
  for (const { account, latest, versions } of control.functions.values()) {
    for (const layer of latest.spec.layers) used.add(`${account}/${layer}`)
    for (const { deployment } of versions.values()) {
      for (const layer of deployment.spec.layers) used.add(`${account}/${layer}`)
    }
  }
  return used
}
