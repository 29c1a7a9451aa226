import { busKey, type ForeignDocument, latestVersion } from '../../../resources/index.ts'
import type { Services } from '../../services.ts'
import { isObject } from '../call.ts'
import { missing } from '../refusal.ts'

/** A function of a service is this function here. */
export function nameInService(service: string, name: string): string {
  return `${service}.${name}`
}

/** What a version of a service holds: the version of each function that it had. */
export interface ServiceVersion {
  readonly versionId: string
  readonly description: string
  readonly functions: Readonly<Record<string, string>>
  readonly createdAtMs: number
}

export interface ServiceAlias {
  readonly aliasName: string
  readonly versionId: string
  readonly description: string
  readonly additionalVersionWeight: Readonly<Record<string, number>>
  /** Members that are given back as they are. */
  readonly kept: Readonly<Record<string, unknown>>
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Services, their versions and aliases: what only the second generation of the interface knows. */
export class ServiceBook {
  readonly #services: Services

  constructor(services: Services) {
    this.#services = services
  }

  get documents() {
    return this.#services.resources.foreign.of('fc', 'service')
  }

  get versionDocuments() {
    return this.#services.resources.foreign.of('fc', 'service-version')
  }

  get aliasDocuments() {
    return this.#services.resources.foreign.of('fc', 'service-alias')
  }

  async find(account: string, service: string): Promise<ForeignDocument> {
    const found = await this.documents.find(account, service)
    if (found === undefined) throw missing('Service', `service '${service}' does not exist`)
    return found
  }

  /** A service that was never written is there all the same when another interface made a function of it. */
  async check(account: string, service: string): Promise<void> {
    if (this.functionsOf(account, service).length === 0) await this.find(account, service)
  }

  /** Names, without the service's, of its functions. */
  functionsOf(account: string, service: string): string[] {
    const start = busKey(account, nameInService(service, ''))
    return [...this.#services.resources.snapshots.current().functions.keys()]
      .filter(key => key.startsWith(start))
      .map(key => key.slice(start.length))
      .sort()
  }

  async version(account: string, service: string, versionId: string): Promise<ServiceVersion> {
    const found = await this.versionDocuments.find(account, `${service}/${versionId}`)
    if (found === undefined) {
      throw missing('Version', `version '${versionId}' does not exist in service '${service}'`)
    }
    return versionOf(found)
  }

  /** The functions that a qualifier of a service has, with their versions; `undefined` for all as they are now. */
  async functionsIn(
    account: string,
    service: string,
    qualifier: string,
  ): Promise<ServiceVersion['functions'] | undefined> {
    if (qualifier === latestVersion) return undefined
    const isNumber = /^\d+$/.test(qualifier)
    const versionId = isNumber ? qualifier : (await this.alias(account, service, qualifier)).versionId
    return (await this.version(account, service, versionId)).functions
  }

  async versions(account: string, service: string): Promise<ServiceVersion[]> {
    const { items } = await this.versionDocuments.list(account, { prefix: `${service}/`, limit: 1_000 })
    return items.map(versionOf)
  }

  async alias(account: string, service: string, name: string): Promise<ServiceAlias> {
    const found = await this.aliasDocuments.find(account, `${service}/${name}`)
    if (found === undefined) throw missing('Alias', `alias '${name}' does not exist in service '${service}'`)
    return aliasOf(found)
  }

  async aliases(account: string, service: string): Promise<ServiceAlias[]> {
    const { items } = await this.aliasDocuments.list(account, { prefix: `${service}/`, limit: 1_000 })
    return items.map(aliasOf)
  }

  /**
   * What a qualifier of a service stands for in one of its functions: aliases have the same names there, versions have
   * numbers of the function's own. With the names of the versions that may run.
   */
  async resolve(
    account: string,
    service: string,
    name: string,
    qualifier: string,
  ): Promise<{ readonly qualifier: string; readonly shownVersions?: ReadonlyMap<string, string> }> {
    if (qualifier === latestVersion || qualifier === '') return { qualifier: latestVersion }
    if (/^\d+$/.test(qualifier)) {
      const { functions } = await this.version(account, service, qualifier)
      const version = functions[name]
      if (version === undefined) throw notInVersion(service, name, qualifier)
      return { qualifier: version, shownVersions: new Map([[version, qualifier]]) }
    }
    const alias = await this.alias(account, service, qualifier)
    const shownVersions = new Map<string, string>()
    for (const versionId of [...Object.keys(alias.additionalVersionWeight), alias.versionId]) {
      const version = (await this.version(account, service, versionId)).functions[name]
      if (version !== undefined) shownVersions.set(version, versionId)
    }
    return { qualifier, shownVersions }
  }
}

function notInVersion(service: string, name: string, versionId: string): Error {
  return missing(
    'Function',
    `function '${name}' does not exist in service '${service}' and version '${versionId}'`,
  )
}

function versionOf({ name, value, createdAtMs }: ForeignDocument): ServiceVersion {
  const { description, functions } = value
  return {
    versionId: name.slice(name.lastIndexOf('/') + 1),
    description: typeof description === 'string' ? description : '',
    functions: isObject(functions) ? (functions as Record<string, string>) : {},
    createdAtMs,
  }
}

function aliasOf({ name, value, createdAtMs, updatedAtMs }: ForeignDocument): ServiceAlias {
  const { versionId, description, additionalVersionWeight, ...kept } = value
  return {
    aliasName: name.slice(name.lastIndexOf('/') + 1),
    versionId: String(versionId),
    description: typeof description === 'string' ? description : '',
    additionalVersionWeight: isObject(additionalVersionWeight)
      ? (additionalVersionWeight as Record<string, number>)
      : {},
    kept,
    createdAtMs,
    updatedAtMs,
  }
}
