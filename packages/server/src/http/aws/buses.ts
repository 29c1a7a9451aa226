import { type Static, Type } from 'typebox'
import type { BusView } from '../../resources/index.ts'
import { allBuses, busOf, eventBytesMax, findBus } from './bus-access.ts'
import { foreignOf, innerDescription, outerDescription, withForeign } from './foreign.ts'
import {
  awsDefaultBus,
  busArn,
  BusReference,
  busName,
  checkedName,
  Description,
  NameOf,
  outerBus,
} from './names.ts'
import { type Answer, type Call, type Operation, operation } from './operation.ts'
import { pageOf, PageMembers } from './paging.ts'
import { statementsOf } from './permissions.ts'
import { alreadyThere, invalid } from './refusal.ts'
import { TagList, tagsOf } from './tag-list.ts'

/** Members that are kept and given back. */
const StoredMembers = {
  Description,
  KmsKeyIdentifier: Type.Optional(Type.String({ maxLength: 2_048 })),
  DeadLetterConfig: Type.Optional(Type.Object({ Arn: Type.Optional(Type.String({ maxLength: 1_600 })) })),
  LogConfig: Type.Optional(Type.Object({}, { additionalProperties: true })),
}
const storedNames = Object.keys(StoredMembers)
const CreateEventBus = Type.Object({
  Name: NameOf(256),
  EventSourceName: Type.Optional(Type.String()),
  Tags: Type.Optional(TagList),
  ...StoredMembers,
})
const UpdateEventBus = Type.Object({ Name: BusReference, ...StoredMembers })
const ListEventBuses = Type.Object({ NamePrefix: Type.Optional(NameOf(256)), ...PageMembers })

/** Create, change, read, list and delete buses (section 10.3 of the AWS protocol). */
export const busOperations: Readonly<Record<string, Operation>> = {
  CreateEventBus: operation(CreateEventBus, create),
  UpdateEventBus: operation(UpdateEventBus, update),
  DescribeEventBus: operation(Type.Object({ Name: BusReference }), async (call, { Name }) => {
    const bus = await busOf(call, Name)
    return { ...shown(call, bus), ...pick(foreignOf(bus.spec.foreign), storedNames), ...descriptionOf(bus) }
  }),
  ListEventBuses: operation(ListEventBuses, async (call, input) => {
    const prefix = input.NamePrefix ?? ''
    const found = (await allBuses(call)).filter(({ name }) => outerBus(name).startsWith(prefix))
    return pageOf('EventBuses', found, input, bus => shown(call, bus))
  }),
  DeleteEventBus: operation(Type.Object({ Name: NameOf(256) }), async (call, { Name }) => {
    const name = busName(call, Name)
    if (name === awsDefaultBus) throw invalid('Cannot delete event bus default.')
    if (findBus(call, name) !== undefined) await call.services.resources.buses.delete(call.account, name)
    return {}
  }),
}

async function create(call: Call, input: Static<typeof CreateEventBus>): Promise<Answer> {
  const name = checkedName('an event bus', input.Name)
  if (input.EventSourceName !== undefined) throw invalid('Partner event sources do not exist here.')
  if (name === 'default' || name === awsDefaultBus) throw alreadyThere(`Event bus ${input.Name}`)
  if (findBus(call, name) !== undefined) throw alreadyThere(`Event bus ${input.Name}`)
  const { Tags } = input
  const kept = pick(input, storedNames)
  const spec = {
    description: innerDescription(input.Description),
    eventBytesMax,
    ...(Tags === undefined ? {} : { tags: tagsOf(Tags) }),
    ...withForeign(undefined, kept),
  }
  await call.services.resources.buses.put(call.account, name, spec, 0, 'aws')
  return { EventBusArn: busArn(call, name), ...pick(input, storedNames) }
}

async function update(call: Call, input: Static<typeof UpdateEventBus>): Promise<Answer> {
  const { name } = await busOf(call, input.Name)
  await changeBus(call, name, ({ spec }) => ({
    ...spec,
    ...(input.Description === undefined ? {} : { description: innerDescription(input.Description) }),
    ...withForeign(spec.foreign, pick(input, storedNames)),
  }))
  const bus = await busOf(call, input.Name)
  const { Name, Arn } = shown(call, bus)
  return { Name, Arn, ...pick(foreignOf(bus.spec.foreign), storedNames), ...descriptionOf(bus) }
}

/** Changes a bus as it is now; who changes it at the same moment is told `ConcurrentModificationException`. */
export async function changeBus(
  { services, account }: Call,
  name: string,
  change: (bus: Pick<BusView, 'spec'>) => object,
): Promise<void> {
  const { buses } = services.resources
  const bus = buses.get(account, name)
  await buses.put(account, name, change(bus), bus.revision)
}

function shown(call: Call, bus: BusView): Record<string, unknown> {
  const policy = statementsOf(bus.spec.foreign)
  const { updatedAtMs } = call.services.resources.buses.get(bus.account, bus.name)
  return {
    Name: outerBus(bus.name),
    Arn: busArn(call, bus.name),
    ...descriptionOf(bus),
    ...(policy === undefined ? {} : { Policy: JSON.stringify(policy) }),
    CreationTime: bus.createdAtMs / 1_000,
    LastModifiedTime: updatedAtMs / 1_000,
  }
}

function descriptionOf({ spec }: BusView): { Description?: string } {
  const text = outerDescription(spec.description, foreignOf(spec.foreign))
  return text === undefined ? {} : { Description: text }
}

/** The members of these names that are there. */
export function pick(
  input: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap(name => (input[name] === undefined ? [] : [[name, input[name]] as const])),
  )
}
