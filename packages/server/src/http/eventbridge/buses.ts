import { type Static, Type } from 'typebox'
import { busKey, type BusView, defaultBusName } from '../../resources/index.ts'
import type { Services } from '../services.ts'
import { type Action, isObject, jsonAction } from './action.ts'
import { busArn } from './arn.ts'
import { foreignOf, keptMembers } from './foreign.ts'
import { checkNewName } from './new-name.ts'
import { nextToken, PageMembers, windowOf } from './paging.ts'
import { Refusal } from './refusal.ts'
import { sourcesOf } from './sources/index.ts'

const BusName = Type.Object({ EventBusName: Type.String() })
const CreateEventBus = Type.Object({
  EventBusName: Type.String(),
  Description: Type.Optional(Type.String()),
  Tags: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
const ListEventBuses = Type.Object({ NamePrefix: Type.Optional(Type.String()), ...PageMembers })

/** Create, read, list and delete buses (section 2.5, 2 to 5). */
export function busActions(services: Services): Readonly<Record<string, Action>> {
  return {
    createEventBus: jsonAction('bus', CreateEventBus, (account, input) => create(services, account, input)),
    getEventBus: jsonAction('bus', BusName, (account, { EventBusName }) => {
      services.resources.buses.get(account, EventBusName)
      const bus = services.resources.snapshots.current().buses.get(busKey(account, EventBusName))
      return bus === undefined ? {} : busAnswer(services.node.region, bus)
    }),
    listEventBuses: jsonAction('bus', ListEventBuses, (account, input) => {
      const window = windowOf(input)
      const prefix = input.NamePrefix ?? ''
      const found = [...services.resources.snapshots.current().buses.values()]
        .filter(bus => bus.account === account && bus.name.startsWith(prefix))
        .sort((left, right) => (left.name < right.name ? -1 : 1))
      const page = found.slice(window.offset, window.offset + window.limit)
      return {
        EventBuses: page.map(bus => busAnswer(services.node.region, bus)),
        NextToken: nextToken(window, found.length),
        Total: found.length,
      }
    }),
    deleteEventBus: jsonAction('bus', BusName, async (account, { EventBusName }) => {
      if (EventBusName === defaultBusName)
        throw new Refusal('AccessDenied', 'the bus default belongs to the platform', 403)
      const sources = await sourcesOf(services, account)
      if (sources.some(({ source }) => source.EventBusName === EventBusName)) {
        throw new Refusal('EventBusSourceNotEmptyForDelete', `the bus ${EventBusName} has event sources`)
      }
      await services.resources.buses.delete(account, EventBusName)
      return {}
    }),
  }
}

async function create(services: Services, account: string, input: Static<typeof CreateEventBus>) {
  const { EventBusName: name, Description: description = '' } = input
  checkNewName('EventBusNameInvalid', name)
  if (name === defaultBusName) throw new Refusal('EventBusNameInvalid', 'the bus default is there already')
  const foreign = keptMembers(input, ['EventBusName', 'Description'])
  await services.resources.buses.put(account, name, { description, ...foreign }, 0, 'eventbridge')
  return { EventBusARN: busArn(services.node.region, account, name) }
}

function busAnswer(region: string, bus: BusView) {
  const { Tags, ...others } = foreignOf(bus.spec.foreign)
  return {
    ...others,
    EventBusARN: busArn(region, bus.account, bus.name),
    EventBusName: bus.name,
    Description: bus.spec.description,
    CreateTimestamp: bus.createdAtMs,
    Tags: isObject(Tags) ? Tags : {},
  }
}
