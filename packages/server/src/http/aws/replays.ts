import { type Static, Type } from 'typebox'
import type { ReplayStatus } from '../../delivery/index.ts'
import { type BusView, busKey, type ForeignDocument, type ForeignDocuments } from '../../resources/index.ts'
import { type Archive, archiveArn, archiveOf, readArchive } from './archive.ts'
import { onlyOne } from './archives.ts'
import { busOf, findBus } from './bus-access.ts'
import {
  Arn,
  arnOf,
  busArn,
  checkedName,
  Description,
  ownResource,
  ResourceName,
  ruleArn,
  Timestamp,
} from './names.ts'
import { type Answer, type Call, type Operation, operation } from './operation.ts'
import { pageOf, PageMembers } from './paging.ts'
import { innerPattern, readPattern } from './pattern.ts'
import { alreadyThere, invalid, noSuch, Refusal } from './refusal.ts'

const ReplayName = ResourceName
const StartReplay = Type.Object({
  ReplayName,
  Description,
  EventSourceArn: Arn,
  EventStartTime: Timestamp,
  EventEndTime: Timestamp,
  Destination: Type.Object({ Arn, FilterArns: Type.Optional(Type.Array(Arn)) }),
})
const ListReplays = Type.Object({
  NamePrefix: Type.Optional(ReplayName),
  State: Type.Optional(Type.String()),
  EventSourceArn: Type.Optional(Arn),
  ...PageMembers,
})
const Name = Type.Object({ ReplayName })

/** Rules of one replay at most: each is a replay of the engine, which runs so many at once for a bus. */
const rulesPerReplayMax = 10

/** Replays of an account that are kept; to make room for another one the oldest that has ended is forgotten. */
const replaysMax = 100

/** What is kept of a replay; the work is done by replays of the engine, one for each rule. */
interface StoredReplay {
  readonly archive: string
  /** As the platform calls it. */
  readonly bus: string
  /** Of the engine. */
  readonly ids: readonly string[]
  readonly startTime: number
  readonly endTime: number
  readonly description?: string
  readonly filterArns?: readonly string[]
  readonly isCancelled?: boolean
}

type State = 'STARTING' | 'RUNNING' | 'COMPLETED' | 'CANCELLED'

/** Replays of archives (section 10.6 of the AWS protocol). */
export const replayOperations: Readonly<Record<string, Operation>> = {
  StartReplay: operation(StartReplay, start),
  DescribeReplay: operation(Name, async (call, input) => {
    const found = await get(call, input.ReplayName)
    const { bus, description, filterArns } = read(found)
    return {
      ...(await shown(call, found)),
      ReplayArn: arnOf(call, `replay/${found.name}`),
      ...(description === undefined ? {} : { Description: description }),
      Destination: { Arn: busArn(call, bus), ...(filterArns && { FilterArns: filterArns }) },
    }
  }),
  ListReplays: operation(ListReplays, async (call, input) => {
    onlyOne(input.NamePrefix, input.State, input.EventSourceArn)
    const { items } = await replays(call).list(call.account, { prefix: input.NamePrefix, limit: 1_000 })
    const all = await Promise.all(items.map(item => shown(call, item)))
    const found = all.filter(
      item =>
        (input.State === undefined || item['State'] === input.State) &&
        (input.EventSourceArn === undefined || item['EventSourceArn'] === input.EventSourceArn),
    )
    return pageOf('Replays', found, input, item => item)
  }),
  CancelReplay: operation(Name, cancel),
}

function replays({ services }: Call): ForeignDocuments {
  return services.resources.foreign.of('aws', 'replay')
}

function read({ value }: ForeignDocument): StoredReplay {
  return value as unknown as StoredReplay
}

async function get(call: Call, name: string): Promise<ForeignDocument> {
  const found = await replays(call).find(call.account, name)
  if (found === undefined) throw noSuch(`Replay ${name}`)
  return found
}

async function start(call: Call, input: Static<typeof StartReplay>): Promise<Answer> {
  const name = checkedName('a replay', input.ReplayName)
  const { archiveName, archive, createdAtMs } = await sourceOf(call, input.EventSourceArn)
  const bus = await busOf(call, input.Destination.Arn)
  if (bus.name !== archive.bus) {
    throw invalid('Parameter Destination.Arn is not valid. Reason: Must be the event bus of the archive.')
  }
  if (input.EventEndTime <= input.EventStartTime) {
    throw invalid('Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.')
  }
  if ((await replays(call).find(call.account, name)) !== undefined) throw alreadyThere(`Replay ${name}`)
  const rules = rulesOf(call, bus, input.Destination.FilterArns)
  const range = rangeOf(call, archive, createdAtMs, input)
  const ids = await begin(call, name, bus, rules, range, archive)
  const { FilterArns } = input.Destination
  const stored: StoredReplay = {
    archive: archiveName,
    bus: bus.name,
    ids,
    startTime: input.EventStartTime,
    endTime: input.EventEndTime,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(FilterArns === undefined ? {} : { filterArns: FilterArns }),
  }
  await forgetOldest(call)
  const made = await replays(call).put(call.account, name, stored, 0)
  return {
    ReplayArn: arnOf(call, `replay/${name}`),
    State: 'STARTING',
    ReplayStartTime: made.createdAtMs / 1_000,
  }
}

async function forgetOldest(call: Call): Promise<void> {
  const { items } = await replays(call).list(call.account, { limit: 1_000 })
  const oldestFirst = items.toSorted((left, right) => left.createdAtMs - right.createdAtMs)
  let tooMany = items.length - replaysMax + 1
  for (const item of oldestFirst) {
    if (tooMany <= 0) return
    if ((await progressOf(call, item)).state === 'RUNNING') continue
    await replays(call).delete(call.account, item.name)
    tooMany--
  }
}

async function sourceOf(call: Call, arn: string) {
  const [kind, archiveName = ''] = ownResource(call, arn).split('/')
  if (kind !== 'archive') throw invalid('Parameter EventSourceArn is not valid. Reason: Must be an archive.')
  const found = await archiveOf(call, archiveName)
  return { archiveName, archive: readArchive(found), createdAtMs: found.createdAtMs }
}

/** Rules that are enabled and have targets; those that are named, or all. */
function rulesOf(call: Call, bus: BusView, arns: readonly string[] | undefined): string[] {
  const named = arns?.map(arn => {
    const rule = [...bus.rules.keys()].find(name => ruleArn(call, bus.name, name) === arn)
    if (rule === undefined) throw noSuch(`Rule ${arn}`)
    return rule
  })
  const rules = (named ?? [...bus.rules.keys()]).filter(name => {
    const spec = bus.rules.get(name)?.spec
    return spec?.state === 'enabled' && spec.targets.length > 0
  })
  if (rules.length <= rulesPerReplayMax) return rules
  throw new Refusal(
    'LimitExceededException',
    `A replay goes to at most ${rulesPerReplayMax} rules here; these are ${rules.length}. Name them by FilterArns.`,
  )
}

/** The part of the log that the archive covers. */
function rangeOf(
  call: Call,
  { retentionDays }: Archive,
  createdAtMs: number,
  input: Static<typeof StartReplay>,
): { fromMs: number; toMs: number } {
  const oldestMs = retentionDays === 0 ? 0 : call.services.clock.nowMs() - retentionDays * 86_400_000
  const fromMs = Math.max(createdAtMs, oldestMs, Math.floor(input.EventStartTime * 1_000))
  return { fromMs, toMs: Math.max(fromMs, Math.floor(input.EventEndTime * 1_000)) }
}

/** All replays of the engine, or none. */
async function begin(
  call: Call,
  mark: string,
  bus: BusView,
  rules: readonly string[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
  { pattern }: Archive,
): Promise<string[]> {
  const { delivery } = call.services
  const filter =
    pattern === undefined
      ? {}
      : { filter: { pattern: innerPattern(readPattern(pattern), call), dialect: 'standard' as const } }
  const ids: string[] = []
  try {
    for (const rule of rules) {
      const range = { from: { timeMs: fromMs }, to: { timeMs: toMs } }
      const request = { bus: bus.key, rule, mark, ...range, ...filter }
      ids.push((await delivery.startReplay(request)).id)
    }
  } catch (thrown) {
    for (const id of ids) await delivery.cancelReplay(bus.key, id).catch(() => {})
    throw thrown
  }
  return ids
}

async function cancel(call: Call, input: Static<typeof Name>): Promise<Answer> {
  const found = await get(call, input.ReplayName)
  const stored = read(found)
  const { state, running } = await progressOf(call, found)
  if (state !== 'RUNNING') {
    throw new Refusal(
      'IllegalStatusException',
      `Replay ${found.name} is not in a valid state for this operation.`,
    )
  }
  await replays(call).put(call.account, found.name, { ...stored, isCancelled: true }, found.revision)
  for (const { id, bus } of running) await call.services.delivery.cancelReplay(bus, id)
  return { ReplayArn: arnOf(call, `replay/${found.name}`), State: 'CANCELLING' }
}

/** How the engine's replays stand; one that it has forgotten has ended long ago. */
async function progressOf(call: Call, found: ForeignDocument) {
  const stored = read(found)
  const isThere = findBus(call, stored.bus) !== undefined
  const all = isThere ? await call.services.delivery.replays(busKey(call.account, stored.bus)) : []
  const own = all.filter(({ id }) => stored.ids.includes(id))
  const running = own.filter(isRunning)
  const ended: State = stored.isCancelled === true ? 'CANCELLED' : 'COMPLETED'
  const state: State = running.length > 0 ? 'RUNNING' : ended
  const endedAtMs = own.reduce((latest, one) => Math.max(latest, one.endedAtMs ?? 0), found.createdAtMs)
  return { state, running, endedAtMs }
}

function isRunning({ state }: ReplayStatus): boolean {
  return state === 'reading' || state === 'delivering'
}

async function shown(call: Call, found: ForeignDocument): Promise<Record<string, unknown>> {
  const { archive, startTime, endTime } = read(found)
  const { state, endedAtMs } = await progressOf(call, found)
  return {
    ReplayName: found.name,
    EventSourceArn: archiveArn(call, archive),
    State: state,
    EventStartTime: startTime,
    EventEndTime: endTime,
    ReplayStartTime: found.createdAtMs / 1_000,
    ...(state === 'RUNNING' ? {} : { ReplayEndTime: endedAtMs / 1_000 }),
    ...(state === 'COMPLETED' ? { EventLastReplayedTime: endTime } : {}),
  }
}
