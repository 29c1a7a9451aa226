import { isDeepStrictEqual } from 'node:util'
import { type Client, type LayerSpec, type LayerVersion, MillraceError, type PutResult } from '../index.ts'

/** The newest version of a layer; `undefined` when there is none. */
export async function newestLayer(client: Client, name: string): Promise<LayerVersion | undefined> {
  try {
    for await (const version of client.layers.versions(name)) return version
    return undefined
  } catch (thrown) {
    if (thrown instanceof MillraceError && thrown.status === 404) return undefined
    throw thrown
  }
}

/** Makes a version of a layer unless the newest is just that; the revision in the answer is its number. */
export async function putLayer(client: Client, name: string, spec: LayerSpec): Promise<PutResult> {
  const newest = await newestLayer(client, name)
  if (newest !== undefined && isSame(newest.spec, spec)) return { created: false, revision: newest.version }
  const { version } = await client.layers.publish(name, spec)
  return { created: version === 1, revision: version }
}

function isSame(kept: LayerSpec, wanted: LayerSpec): boolean {
  const complete = (spec: LayerSpec): unknown => [
    spec.code,
    spec.description ?? '',
    spec.license ?? '',
    spec.runtimes ?? [],
  ]
  return isDeepStrictEqual(complete(kept), complete(wanted))
}
