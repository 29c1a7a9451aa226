import { AppError } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import type { BusSpec, ForeignDocument } from '../../resources/index.ts'
import { type Archive, archiveArn, archiveOf, archives, readArchive } from './archive.ts'
import { busOf, findBus } from './bus-access.ts'
import { changeBus, pick } from './buses.ts'
import { Arn, busArn, checkedName, Description, NameOf } from './names.ts'
import { type Answer, type Call, type Operation, operation } from './operation.ts'
import { pageOf, PageMembers } from './paging.ts'
import { patternLengthMax, readPattern } from './pattern.ts'
import { alreadyThere, invalid } from './refusal.ts'

const ArchiveName = NameOf(48)
const Name = Type.Object({ ArchiveName })
const Members = {
  Description,
  EventPattern: Type.Optional(Type.String({ maxLength: patternLengthMax })),
  RetentionDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
}
const CreateArchive = Type.Object({ ArchiveName, EventSourceArn: Arn, ...Members })
const UpdateArchive = Type.Object({ ArchiveName, ...Members })
const ListArchives = Type.Object({
  NamePrefix: Type.Optional(ArchiveName),
  EventSourceArn: Type.Optional(Arn),
  State: Type.Optional(Type.String()),
  ...PageMembers,
})

const dayMs = 86_400_000
/** Longest retention that a bus can have. */
const retentionMsMax = 3_650 * dayMs

/**
 * Archives (section 10.6 of the AWS protocol). An archive is a document over the log of its bus, which keeps the events anyway: making
 * one lengthens the retention of the bus, and a replay reads the part of the log that the archive covers.
 */
export const archiveOperations: Readonly<Record<string, Operation>> = {
  CreateArchive: operation(CreateArchive, create),
  UpdateArchive: operation(UpdateArchive, update),
  DescribeArchive: operation(Name, async (call, input) => {
    const found = await archiveOf(call, input.ArchiveName)
    const { description, pattern } = readArchive(found)
    return {
      ...(await shown(call, found)),
      ArchiveArn: archiveArn(call, found.name),
      ...pick({ Description: description, EventPattern: pattern }, ['Description', 'EventPattern']),
    }
  }),
  ListArchives: operation(ListArchives, async (call, input) => {
    onlyOne(input.NamePrefix, input.EventSourceArn, input.State)
    const wanted = input.EventSourceArn
    const { items } = await archives(call).list(call.account, { prefix: input.NamePrefix, limit: 1_000 })
    const found = items
      .filter(item => wanted === undefined || busArn(call, readArchive(item).bus) === wanted)
      .filter(() => input.State === undefined || input.State === 'ENABLED')
    const all = await Promise.all(found.map(item => shown(call, item)))
    return pageOf('Archives', all, input, item => item)
  }),
  DeleteArchive: operation(Name, async (call, input) => {
    await archiveOf(call, input.ArchiveName)
    await archives(call).delete(call.account, input.ArchiveName)
    return {}
  }),
}

/** Lists take one filter at most. */
export function onlyOne(...filters: readonly unknown[]): void {
  if (filters.filter(filter => filter !== undefined).length > 1) {
    throw invalid('At most one filter is allowed for Filter.')
  }
}

async function create(call: Call, input: Static<typeof CreateArchive>): Promise<Answer> {
  const name = checkedName('an archive', input.ArchiveName)
  const bus = await busOf(call, input.EventSourceArn)
  if (input.EventPattern !== undefined) readPattern(input.EventPattern)
  const archive: Archive = {
    bus: bus.name,
    retentionDays: input.RetentionDays ?? 0,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.EventPattern === undefined ? {} : { pattern: input.EventPattern }),
  }
  try {
    await archives(call).put(call.account, name, archive, 0)
  } catch (thrown) {
    const isThere = thrown instanceof AppError && thrown.code === 'resource.conflict'
    throw isThere ? alreadyThere(`Archive ${name}`) : thrown
  }
  await keepLonger(call, archive)
  return await made(call, name)
}

async function update(call: Call, input: Static<typeof UpdateArchive>): Promise<Answer> {
  const found = await archiveOf(call, input.ArchiveName)
  const before = readArchive(found)
  if (input.EventPattern !== undefined) readPattern(input.EventPattern)
  const archive: Archive = {
    ...before,
    ...(input.RetentionDays === undefined ? {} : { retentionDays: input.RetentionDays }),
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.EventPattern === undefined ? {} : { pattern: input.EventPattern }),
  }
  await archives(call).put(call.account, input.ArchiveName, archive, found.revision)
  await keepLonger(call, archive)
  return await made(call, input.ArchiveName)
}

/** The log must keep what the archive promises; it is never shortened again by this interface. */
async function keepLonger(call: Call, { bus, retentionDays }: Archive): Promise<void> {
  const wantedMs = retentionDays === 0 ? retentionMsMax : Math.min(retentionDays * dayMs, retentionMsMax)
  const spec: BusSpec | undefined = findBus(call, bus)?.spec
  if (spec === undefined || spec.retentionMs >= wantedMs) return
  await changeBus(call, bus, present => ({ ...present.spec, retentionMs: wantedMs }))
}

async function made(call: Call, name: string): Promise<Answer> {
  const { createdAtMs } = await archiveOf(call, name)
  return { ArchiveArn: archiveArn(call, name), State: 'ENABLED', CreationTime: createdAtMs / 1_000 }
}

/** Count and size are those of the log since the archive was made: its pattern is not asked of each event for that. */
async function shown(call: Call, found: ForeignDocument): Promise<Record<string, unknown>> {
  const archive = readArchive(found)
  const { EventCount, SizeBytes } = await extent(call, archive.bus, found.createdAtMs)
  return {
    ArchiveName: found.name,
    EventSourceArn: busArn(call, archive.bus),
    State: 'ENABLED',
    RetentionDays: archive.retentionDays,
    SizeBytes,
    EventCount,
    CreationTime: found.createdAtMs / 1_000,
  }
}

async function extent(call: Call, bus: string, fromMs: number) {
  const view = findBus(call, bus)
  if (view === undefined) return { EventCount: 0, SizeBytes: 0 }
  const { eventLogs } = call.services
  const { first, next, bytes } = await eventLogs.stat(view.key)
  const from = Math.max(first, await eventLogs.seek(view.key, fromMs))
  const EventCount = Math.max(0, next - from)
  return { EventCount, SizeBytes: next === first ? 0 : Math.round((bytes * EventCount) / (next - first)) }
}
