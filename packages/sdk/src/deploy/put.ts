import { resolve } from 'node:path'
import { type Client, MillraceError, type PutResult, type WiringItem } from '../index.ts'
import type { CodeUploads } from '../code/index.ts'
import { newestLayer, putLayer } from './layers.ts'

export interface PutContext {
  readonly client: Client
  readonly uploads: CodeUploads
  /** Code paths are relative to it. */
  readonly folder: string
  /** Newest versions of the layers that were met so far. */
  readonly layers: Map<string, number>
}

/** Writes one item; the items before it in the order of `sortWiring` have been written. */
export async function putItem(context: PutContext, item: WiringItem): Promise<PutResult> {
  const { client } = context
  switch (item.kind) {
    case 'bus':
      return await client.buses.put(item.name, item.spec)
    case 'rule':
      return await client.rules(item.bus).put(item.name, item.spec)
    case 'instance':
      return await client.instances.put(item.name, item.spec)
    case 'stream':
      return await client.streams.put(item.name, item.spec)
    case 'queue':
      return await client.queues.put(item.name, item.spec)
    case 'topic':
      return await client.topics.put(item.name, item.spec)
    case 'subscription':
      return await client.topics.subscriptions(item.topic).put(item.name, item.spec)
    case 'trigger':
      return await client.functionTriggers(item.function).put(item.name, item.spec)
    case 'async':
      return await client.functionAsync(item.function).put(item.name, item.spec)
    case 'scaling':
      return await client.functionScaling(item.function).put(item.name, item.spec)
    case 'domain':
      return await client.domains.put(item.name, item.spec)
    case 'policy':
      return await client.policies.put(item.name, item.spec)
    case 'role':
      return await client.roles.put(item.name, item.spec)
    case 'group':
      return await client.groups.put(item.name, item.spec)
    case 'user':
      return await client.users.put(item.name, item.spec)
    case 'layer': {
      const put = await withCode(context, item.spec.code, code =>
        putLayer(client, item.name, { ...item.spec, code }),
      )
      context.layers.set(item.name, put.revision)
      return put
    }
    case 'function': {
      const layers = await layerVersions(context, item.spec.layers)
      return await withCode(context, item.spec.code, code =>
        client.functions.put(item.name, { ...item.spec, ...layers, code }),
      )
    }
  }
}

async function withCode(
  { uploads, folder }: PutContext,
  path: string,
  put: (code: string) => Promise<PutResult>,
): Promise<PutResult> {
  const absolute = resolve(folder, path)
  try {
    return await put(await uploads.upload(absolute))
  } catch (thrown) {
    if (!(thrown instanceof MillraceError) || thrown.code !== 'function.code-not-found') throw thrown
    // It was sent long ago, and the server has removed it since because nothing named it.
    uploads.forget(absolute)
    return await put(await uploads.upload(absolute))
  }
}

/** The `layers` of a function, where those that are named without a version are those of the newest. */
export async function layerVersions(
  context: Pick<PutContext, 'client' | 'layers'>,
  names: readonly string[] | undefined,
): Promise<{ layers?: string[] }> {
  if (names === undefined) return {}
  const layers: string[] = []
  for (const name of names) {
    layers.push(name.includes(':') ? name : `${name}:${await newestVersion(context, name)}`)
  }
  return { layers }
}

async function newestVersion(
  { client, layers }: Pick<PutContext, 'client' | 'layers'>,
  name: string,
): Promise<number> {
  const version = layers.get(name) ?? (await newestLayer(client, name))?.version
  if (version === undefined) {
    throw new Error(`there is no layer ${name}; add it to the wiring, or: millrace layer push ${name} FOLDER`)
  }
  layers.set(name, version)
  return version
}
