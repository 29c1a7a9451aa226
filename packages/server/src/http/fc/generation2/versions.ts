import { isDeepStrictEqual } from 'node:util'
import { AppError } from '@millrace/spi'
import { Type } from 'typebox'
import { answered, type Handler, jsonHandler, nothing, queryOf } from '../call.ts'
import { changing } from '../creating.ts'
import { timeOf } from '../model/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import { nameInService, type ServiceBook, type ServiceVersion } from './service-book.ts'
import { serviceOf } from './subject.ts'

const Publishing = Type.Object({ description: Type.Optional(Type.String({ maxLength: 256 })) })

/** Versions of services: each publishes all the functions that the service has, and remembers their numbers. */
export function versionHandlers(parts: FcParts, book: ServiceBook) {
  const publish = jsonHandler(Publishing, async (call, { description = '' }) => {
    const { account } = call
    const { service } = serviceOf(call)
    await book.check(account, service)
    const functions: Record<string, string> = {}
    for (const short of book.functionsOf(account, service)) {
      functions[short] = await publishedVersion(parts, account, nameInService(service, short), description)
    }
    const versions = (await book.versions(account, service)).toSorted(newestFirst)
    if (versions[0] !== undefined && isDeepStrictEqual(versions[0].functions, functions)) {
      throw invalidArgument(`service '${service}' has not changed since version '${versions[0].versionId}'`)
    }
    const versionId = String(await nextNumber(book, account, service))
    const written = await book.versionDocuments.put(account, `${service}/${versionId}`, {
      description,
      functions,
    })
    return answered(shown({ versionId, description, functions, createdAtMs: written.createdAtMs }))
  })

  const list: Handler = async call => {
    const { service } = serviceOf(call)
    await book.check(call.account, service)
    const isForward = queryOf(call, 'direction')?.toUpperCase() === 'FORWARD'
    const order = (left: string, right: string): number =>
      isForward ? Number(left) - Number(right) : Number(right) - Number(left)
    const all = await book.versions(call.account, service)
    const { items, ...next } = pageOf(call, all, ({ versionId }) => versionId, order)
    return answered({ versions: items.map(shown), direction: isForward ? 'FORWARD' : 'BACKWARD', ...next })
  }

  const remove: Handler = async call => {
    const { account, params } = call
    const { service } = serviceOf(call)
    await book.check(account, service)
    const gone = await book.version(account, service, params['version'] ?? '')
    const others = (await book.versions(account, service)).filter(
      ({ versionId }) => versionId !== gone.versionId,
    )
    await book.versionDocuments.delete(account, `${service}/${gone.versionId}`)
    for (const [short, version] of Object.entries(gone.functions)) {
      // A function that had not changed has the same number in several versions of the service.
      if (others.some(({ functions }) => functions[short] === version)) continue
      await deleteVersion(parts, account, nameInService(service, short), version)
    }
    return nothing
  }

  return { publish, list, remove }
}

/** The number of the function as it is now: its newest when nothing has changed since. */
async function publishedVersion(
  { services: { resources } }: FcParts,
  account: string,
  name: string,
  description: string,
): Promise<string> {
  try {
    return (await resources.versions.publish(account, name, description)).version
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'resource.unchanged') throw thrown
    const [newest] = resources.versions.list(account, name, { limit: 1 }).items
    if (newest === undefined) throw thrown
    return newest.version
  }
}

/** Numbers are counted in the service's document, so that none is given twice. */
function nextNumber(book: ServiceBook, account: string, service: string): Promise<number> {
  return changing(async () => {
    const found = await book.documents.find(account, service)
    const last = found?.value['lastVersion']
    const next = (typeof last === 'number' ? last : 0) + 1
    await book.documents.put(account, service, { ...found?.value, lastVersion: next }, found?.revision ?? 0)
    return next
  })
}

async function deleteVersion(
  { services: { resources } }: FcParts,
  account: string,
  name: string,
  version: string,
): Promise<void> {
  const view = resources.snapshots.current().functions.get(`${account}/${name}`)
  if (view?.versions.has(version) === true) await resources.versions.delete(account, name, version)
}

function newestFirst(left: ServiceVersion, right: ServiceVersion): number {
  return Number(right.versionId) - Number(left.versionId)
}

function shown({ versionId, description, createdAtMs }: ServiceVersion) {
  const time = timeOf(createdAtMs)
  return { versionId, description, createdTime: time, lastModifiedTime: time }
}
