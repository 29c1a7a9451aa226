import { randomBytes } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { defaultBusName } from '../../../resources/index.ts'
import type { Services } from '../../services.ts'
import { type Action, type Answer, type Call, jsonAction } from '../action.ts'
import { sourceArn } from '../arn.ts'
import { foreignName } from '../foreign.ts'
import { mappingContext } from '../mapping-context.ts'
import { masked, unmasked } from '../masks.ts'
import { nextToken, PageMembers, windowOf } from '../paging.ts'
import { Refusal } from '../refusal.ts'
import { parameterObject, sourcePart } from './kinds.ts'
import { applicationDocuments, findSource, type FoundSource, sourcesOf } from './store.ts'
import { sourceView } from './view.ts'

const SourceInput = Type.Object({
  EventSourceName: Type.String(),
  EventBusName: Type.String(),
  Description: Type.Optional(Type.String({ maxLength: 255 })),
})
type SourceInput = Static<typeof SourceInput> & Readonly<Record<string, unknown>>
const SourceName = Type.Object({
  EventSourceName: Type.String(),
  EventBusName: Type.Optional(Type.String()),
})
const ListSources = Type.Object({
  EventBusName: Type.Optional(Type.String()),
  NamePrefix: Type.Optional(Type.String()),
  ...PageMembers,
})

/**
 * Event sources (section 9). One with a provider is a stream of the same name whose sink is the bus; one of an application is a name
 * alone, since events may have any source. Nobody else publishes here, so the lists of partners and cloud services are empty.
 */
export function sourceActions(services: Services): Readonly<Record<string, Action>> {
  return {
    'v2/createEventSource': jsonAction('source', SourceInput, (_account, input, call) =>
      create(services, call, input),
    ),
    'v2/updateEventSource': jsonAction('source', SourceInput, async (_account, input, call) => {
      await update(services, call, input)
      return {}
    }),
    'v2/deleteEventSource': jsonAction('source', SourceName, async (account, input) => {
      const { stream } = await findSource(services, account, input.EventSourceName, input.EventBusName)
      if (stream === undefined) await applicationDocuments(services).delete(account, input.EventSourceName)
      else await services.resources.streams.delete(account, stream.name)
      return {}
    }),
    'v2/listUserDefinedEventSources': jsonAction('source', ListSources, (account, input, call) =>
      list(services, account, input, call),
    ),
    'v2/listAliyunOfficialEventSources': jsonAction('source', Type.Object(PageMembers), (_account, input) => {
      windowOf(input)
      return { EventSourceList: [], NextToken: '', Total: 0 }
    }),
    listPartnerEventSources: jsonAction('source', Type.Object({}), () => ({ EventSources: [] })),
  }
}

const nameExpression = /^[A-Za-z0-9][A-Za-z0-9.-]{0,126}$/

async function create(services: Services, call: Call, input: SourceInput): Promise<Answer> {
  const { account } = call
  const { EventSourceName: name, EventBusName: bus } = input
  if (!nameExpression.test(name)) {
    throw new Refusal(
      'EventSourceNameInvalid',
      'a name has 1 to 127 letters, digits, "-" and "." and begins with a letter or digit',
    )
  }
  checkBus(services, account, bus)
  if (await isTaken(services, account, name)) {
    throw new Refusal(
      'EventSourceAlreadyExist',
      `there is an event source ${name}; names are those of the account`,
    )
  }
  await write(services, call, input, newToken(), 0)
  return { EventSourceARN: sourceArn(services.node.region, account, bus, name) }
}

async function isTaken(services: Services, account: string, name: string): Promise<boolean> {
  try {
    await findSource(services, account, name)
    return true
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.code === 'EventSourceNotExist') return false
    throw thrown
  }
}

function checkBus(services: Services, account: string, bus: string): void {
  services.resources.buses.get(account, bus)
  if (bus === defaultBusName) {
    throw new Refusal('AccessDenied', 'the bus default takes events of the platform only', 403)
  }
}

/** What is not named keeps its value; so does the token, for it stands in the addresses that senders know. */
async function update(services: Services, call: Call, input: SourceInput): Promise<void> {
  const { account } = call
  const found = await findSource(services, account, input.EventSourceName, input.EventBusName)
  checkBus(services, account, input.EventBusName)
  const isOther = parameterObject(input) !== undefined
  // A new parameter object takes the place of the old one, whatever its kind.
  const kept = Object.entries(found.source).filter(
    ([member]) => !isOther || !/^Source\w+Parameters$/.test(member),
  )
  const merged = { ...Object.fromEntries(kept), ...input }
  const hadStream = found.stream !== undefined
  await write(
    services,
    call,
    merged,
    found.token || newToken(),
    hadStream ? found.revision : undefined,
    found,
  )
  if (!hadStream && isOther) await applicationDocuments(services).delete(account, input.EventSourceName)
}

async function write(
  services: Services,
  call: Call,
  input: SourceInput,
  token: string,
  expected: number | undefined,
  before?: FoundSource,
): Promise<void> {
  const { account } = call
  const parameters = parameterObject(input)
  const name = input.EventSourceName
  if (parameters === undefined) {
    await applicationDocuments(services).put(account, name, input, expected)
    return
  }
  const { source, tasksMax, role } = sourcePart(parameters, mappingContext(services, account), token)
  if (role !== undefined) call.passRoles([role])
  const spec = {
    description: input.Description ?? '',
    source: unmasked(source, before?.stream?.spec.source),
    sink: { bus: input.EventBusName },
    ...(role === undefined ? {} : { roles: { source: role } }),
    ...(tasksMax === undefined ? {} : { tasksMax }),
    foreign: { [foreignName]: { source: masked(input), token } },
  }
  await services.resources.streams.put(account, name, spec, expected ?? before?.stream?.revision ?? 0)
}

/** 128 hexadecimal digits that nobody guesses (section 9.6). */
function newToken(): string {
  return randomBytes(64).toString('hex')
}

async function list(
  services: Services,
  account: string,
  input: Static<typeof ListSources>,
  call: Call,
): Promise<Answer> {
  const window = windowOf(input)
  const { EventBusName: bus = '', NamePrefix: prefix = '' } = input
  if (bus !== '') services.resources.buses.get(account, bus)
  const found = (await sourcesOf(services, account)).filter(
    ({ source }) => (bus === '' || source.EventBusName === bus) && source.EventSourceName.startsWith(prefix),
  )
  const page = found.slice(window.offset, window.offset + window.limit)
  const place = { region: services.node.region, account, host: call.headers.host ?? '' }
  return {
    EventSources: page.map(one => sourceView(one, place)),
    NextToken: nextToken(window, found.length),
    Total: found.length,
  }
}
