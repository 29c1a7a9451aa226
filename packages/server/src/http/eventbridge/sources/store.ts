import type { ForeignDocuments, StreamView } from '../../../resources/index.ts'
import { busKey } from '../../../resources/index.ts'
import type { Services } from '../../services.ts'
import { isObject } from '../action.ts'
import { foreignOf } from '../foreign.ts'
import { Refusal } from '../refusal.ts'

/** An event source as it was written, with the token of its webhook. */
export interface KeptSource {
  readonly source: Readonly<Record<string, unknown>> & {
    readonly EventSourceName: string
    readonly EventBusName: string
  }
  readonly token: string
}

/** An event source: a stream, or a document alone where nothing is read. */
export interface FoundSource extends KeptSource {
  readonly stream: StreamView | undefined
  readonly createdAtMs: number
  readonly revision: number
}

/** What a stream keeps of its event source; `undefined` for all other streams. */
export function keptSource(foreign: Readonly<Record<string, unknown>> | undefined): KeptSource | undefined {
  const { source, token } = foreignOf(foreign)
  if (!isObject(source)) return undefined
  return { source: source as KeptSource['source'], token: typeof token === 'string' ? token : '' }
}

/** Names of one's own applications: nothing is read for them. */
export function applicationDocuments({ resources }: Pick<Services, 'resources'>): ForeignDocuments {
  return resources.foreign.of('eventbridge', 'event-source')
}

/** Throws `EventSourceNotExist`. Without a bus the name alone decides, since it is the only one of the account. */
export async function findSource(
  services: Pick<Services, 'resources'>,
  account: string,
  name: string,
  bus: string = '',
): Promise<FoundSource> {
  const stream = services.resources.snapshots.current().streams.get(busKey(account, name))
  const kept = keptSource(stream?.spec.foreign)
  const found =
    stream !== undefined && kept !== undefined
      ? { ...kept, stream, createdAtMs: stream.createdAtMs, revision: stream.revision }
      : await findApplication(services, account, name)
  if (found !== undefined && (bus === '' || found.source.EventBusName === bus)) return found
  throw new Refusal('EventSourceNotExist', `there is no event source ${name.slice(0, 127)}`)
}

async function findApplication(
  services: Pick<Services, 'resources'>,
  account: string,
  name: string,
): Promise<FoundSource | undefined> {
  if (name === '' || name.length > 127) return undefined
  const document = await applicationDocuments(services).find(account, name)
  if (document === undefined) return undefined
  const { value, createdAtMs, revision } = document
  return { source: value as KeptSource['source'], token: '', stream: undefined, createdAtMs, revision }
}

/** All event sources of an account, by name. */
export async function sourcesOf(
  services: Pick<Services, 'resources'>,
  account: string,
): Promise<FoundSource[]> {
  const found: FoundSource[] = []
  for (const stream of services.resources.snapshots.current().streams.values()) {
    const kept = stream.account === account ? keptSource(stream.spec.foreign) : undefined
    if (kept !== undefined) {
      found.push({ ...kept, stream, createdAtMs: stream.createdAtMs, revision: stream.revision })
    }
  }
  const documents = applicationDocuments(services)
  let after: string | undefined
  do {
    const { items, next } = await documents.list(account, { after, limit: 1_000 })
    for (const { value, createdAtMs, revision } of items) {
      found.push({
        source: value as KeptSource['source'],
        token: '',
        stream: undefined,
        createdAtMs,
        revision,
      })
    }
    after = next
  } while (after !== undefined)
  return found.sort((left, right) => (left.source.EventSourceName < right.source.EventSourceName ? -1 : 1))
}
