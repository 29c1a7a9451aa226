import type { Client, FunctionDocument, WiringDocument } from '../../index.ts'
import { withoutDefaults } from './defaults.ts'
import { specSchemas } from './spec-schemas.ts'

/** What stands for a wiring file: a document, and the code that it names. */
export interface ExportedWiring {
  readonly document: WiringDocument
  /** By path, as the document has them. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Places whose secrets are sealed: they are of use on this server alone. */
  readonly sealed: readonly string[]
}

/** Buses that are there by themselves. */
const builtInBuses: ReadonlySet<string> = new Set(['default'])

/**
 * Writes down what a server has, as a wiring that would bring it there again: what the server fills in is left out, versions
 * and aliases of functions are not part of a wiring, nor are access keys, and of a layer it is the newest version.
 */
export async function exportWiring(client: Client): Promise<ExportedWiring> {
  const schemas = specSchemas(await client.openApi())
  const files = new Map<string, Uint8Array>()
  const short = (kind: keyof typeof schemas, spec: unknown): Record<string, unknown> =>
    withoutDefaults(spec, schemas[kind]) as Record<string, unknown>
  const listed = async (
    resources: { all(): AsyncIterable<{ name: string; spec: unknown }> },
    kind: keyof typeof schemas,
  ) => {
    const found: Record<string, Record<string, unknown>> = {}
    for await (const { name, spec } of resources.all()) found[name] = short(kind, spec)
    return found
  }
  const withCode = async (path: string, spec: Record<string, unknown>) => {
    if (typeof spec['code'] === 'string' && spec['code'] !== '') {
      files.set(path, await client.downloadCode(spec['code']))
      return { ...spec, code: path }
    }
    return spec
  }

  const buses = await listed(client.buses, 'bus')
  for (const [bus, spec] of Object.entries(buses)) {
    if (builtInBuses.has(bus)) delete buses[bus]
    const rules = await listed(client.rules(bus), 'rule')
    if (Object.keys(rules).length > 0) buses[bus] = { ...(builtInBuses.has(bus) ? {} : spec), rules }
  }
  const layers: Record<string, unknown> = {}
  for await (const { name, spec } of client.layers.all()) {
    layers[name] = await withCode(`layers/${name}.zip`, short('layer', spec))
  }
  const functions: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries(await listed(client.functions, 'function'))) {
    functions[name] = {
      ...(await withCode(`functions/${name}.zip`, spec)),
      ...filled({ triggers: await listed(client.functionTriggers(name), 'trigger') }),
      ...latest('async', await listed(client.functionAsync(name), 'async')),
      ...latest('scaling', await listed(client.functionScaling(name), 'scaling')),
    } satisfies Partial<Record<keyof FunctionDocument, unknown>>
  }
  const topics = await listed(client.topics, 'topic')
  for (const [topic, spec] of Object.entries(topics)) {
    topics[topic] = {
      ...spec,
      ...filled({ subscriptions: await listed(client.topics.subscriptions(topic), 'subscription') }),
    }
  }
  const document = filled({
    buses,
    layers,
    functions,
    instances: await listed(client.instances, 'instance'),
    streams: await listed(client.streams, 'stream'),
    queues: await listed(client.queues, 'queue'),
    topics,
    domains: await listed(client.domains, 'domain'),
    policies: await listed(client.policies, 'policy'),
    roles: await listed(client.roles, 'role'),
    groups: await listed(client.groups, 'group'),
    users: await listed(client.users, 'user'),
  }) as WiringDocument
  return { document, files, sealed: sealedPlaces(document, '') }
}

/** Settings of other qualifiers than the default one cannot stand in a document. */
function latest(key: 'async' | 'scaling', settings: Record<string, unknown>): Record<string, unknown> {
  return settings['LATEST'] === undefined ? {} : { [key]: settings['LATEST'] }
}

function filled(parts: Record<string, object>): Record<string, object> {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => Object.keys(part).length > 0))
}

function sealedPlaces(value: unknown, path: string): string[] {
  if (typeof value === 'string') return value.startsWith('sealed:') ? [path] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    sealedPlaces(member, path === '' ? name : `${path}.${name}`),
  )
}
