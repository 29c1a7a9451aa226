import { type Static, Type } from 'typebox'
import {
  busKey,
  notFound,
  rolesOfStream,
  type StreamSpec,
  type StreamView,
} from '../../../resources/index.ts'
import type { Services } from '../../services.ts'
import { type Action, type Answer, type Call, jsonAction } from '../action.ts'
import { streamingArn } from '../arn.ts'
import { foreignName } from '../foreign.ts'
import { mappingContext } from '../mapping-context.ts'
import { masked, unmasked } from '../masks.ts'
import { checkNewName } from '../new-name.ts'
import { nextToken, PageMembers, windowOf } from '../paging.ts'
import { Refusal } from '../refusal.ts'
import { type StreamingInput, StreamingMembers, streamSpec } from './spec.ts'
import { type KeptStreaming, keptStreaming, metricsView, streamingView } from './view.ts'

const StreamingName = Type.Object({ EventStreamingName: Type.String() })
const Create = Type.Object({ EventStreamingName: Type.Optional(Type.String()), ...StreamingMembers })
const Update = Type.Object({ EventStreamingName: Type.String(), ...StreamingMembers })
const List = Type.Object({
  NamePrefix: Type.Optional(Type.String()),
  SourceType: Type.Optional(Type.String()),
  SinkType: Type.Optional(Type.String()),
  Tag: Type.Optional(Type.String()),
  SourceArn: Type.Optional(Type.String()),
  SinkArn: Type.Optional(Type.String()),
  ...PageMembers,
})
const Metrics = Type.Object({
  EventStreamingNames: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
})

/** Create, read, list, change, start, pause and delete event streamings (section 2.5, 27 to 34). */
export function streamingActions(services: Services): Readonly<Record<string, Action>> {
  return {
    'v2/createEventStreaming': jsonAction('streaming', Create, (account, input, call) =>
      create(services, account, input, call),
    ),
    'v2/updateEventStreaming': jsonAction('streaming', Update, async (account, input, call) => {
      await update(services, account, input, call)
      return {}
    }),
    'v2/deleteEventStreaming': jsonAction('streaming', StreamingName, async (account, input) => {
      find(services, account, input.EventStreamingName)
      await services.resources.streams.delete(account, input.EventStreamingName)
      return {}
    }),
    'v2/getEventStreaming': jsonAction('streaming', StreamingName, (account, input) => {
      const { view, kept } = find(services, account, input.EventStreamingName)
      return shown(services, view, kept)
    }),
    'v2/listEventStreamings': jsonAction('streaming', List, (account, input) =>
      list(services, account, input),
    ),
    'v2/listEventStreamingMetrics': jsonAction('streaming', Metrics, (account, input) =>
      metrics(services, account, input.EventStreamingNames),
    ),
    'v2/startEventStreaming': jsonAction('streaming', StreamingName, async (account, input) => {
      const name = input.EventStreamingName
      await change(services, account, name, spec => started(spec, false))
      await services.streams.resume(account, name)
      return {}
    }),
    'v2/pauseEventStreaming': jsonAction('streaming', StreamingName, async (account, input) => {
      await change(services, account, input.EventStreamingName, spec => started(spec, true))
      return {}
    }),
  }
}

const BusinessOption = Type.Object({
  EventStreamingName: Type.String(),
  BusinessMode: Type.Union([Type.Literal('CapacityUnitMode'), Type.Literal('EventNumMode')]),
  MinCapacityUnitCount: Type.Optional(Type.Integer()),
  MaxCapacityUnitCount: Type.Optional(Type.Integer()),
})

/** How a streaming is paid for: kept, and without effect. */
export function businessOptionAction(services: Services): Action {
  return jsonAction('streaming', BusinessOption, async (account, input, call) => {
    const { EventStreamingName: name, ...BusinessOption } = input
    const { kept } = find(services, account, name)
    const RunOptions = { ...(kept.streaming['RunOptions'] as object | undefined), BusinessOption }
    await update(services, account, { EventStreamingName: name, RunOptions }, call)
    return {}
  })
}

/** It waits until it is started, as the interface has it: "a created or disabled stream" is what can be started. */
async function create(
  services: Services,
  account: string,
  input: Static<typeof Create>,
  call: Call,
): Promise<Answer> {
  const { EventStreamingName: name } = input
  checkNewName('EventStreamingNameInvalid', name)
  const made = streamSpec(input, mappingContext(services, account))
  call.passRoles(rolesOfStream(made))
  const spec = {
    ...made,
    paused: true,
    foreign: { [foreignName]: { streaming: masked(input), isStarted: false } },
  }
  await services.resources.streams.put(account, name, spec, 0, 'eventbridge')
  return { EventStreamingARN: streamingArn(services.node.region, account, name) }
}

/** What is not named keeps its value, and so does the state. */
async function update(
  services: Services,
  account: string,
  { EventStreamingName: name, ...input }: StreamingInput & { readonly EventStreamingName: string },
  call: Call,
): Promise<void> {
  await change(services, account, name, (spec, kept) => {
    const streaming = { ...kept.streaming, ...input }
    const { source, sink, ...others } = streamSpec(streaming, mappingContext(services, account))
    call.passRoles(rolesOfStream(others))
    return {
      ...others,
      ...(spec.role === undefined ? {} : { role: spec.role }),
      source: unmasked(source, spec.source),
      sink: unmasked(sink, spec.sink),
      paused: spec.paused,
      foreign: {
        ...spec.foreign,
        [foreignName]: { streaming: masked(streaming), isStarted: kept.isStarted },
      },
    }
  })
}

function started(spec: StreamSpec, paused: boolean): Partial<StreamSpec> {
  const kept = keptStreaming(spec.foreign)
  return {
    ...spec,
    paused,
    foreign: { ...spec.foreign, [foreignName]: { ...kept, isStarted: kept?.isStarted === true || !paused } },
  }
}

/** Times that a change is made anew because somebody else changed the stream in between. */
const changeAttemptsMax = 5

async function change(
  services: Services,
  account: string,
  name: string,
  changed: (spec: StreamSpec, kept: KeptStreaming) => Partial<StreamSpec>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { view, kept } = find(services, account, name)
    try {
      await services.resources.streams.put(account, name, changed(view.spec, kept), view.revision)
      return
    } catch (thrown) {
      const isChanged = find(services, account, name).view.revision !== view.revision
      if (!isChanged || attempt === changeAttemptsMax) throw thrown
    }
  }
}

interface Found {
  readonly view: StreamView
  readonly kept: KeptStreaming
}

/** Throws `resource.not-found`, also for streams that are no streamings of this interface. */
function find(services: Services, account: string, name: string): Found {
  const view = services.resources.snapshots.current().streams.get(busKey(account, name))
  const kept = keptStreaming(view?.spec.foreign)
  if (view === undefined || kept === undefined) throw notFound('stream', name.slice(0, 127))
  return { view, kept }
}

function all(services: Services, account: string): Found[] {
  return [...services.resources.snapshots.current().streams.values()]
    .filter(view => view.account === account)
    .flatMap(view => {
      const kept = keptStreaming(view.spec.foreign)
      return kept === undefined ? [] : [{ view, kept }]
    })
    .sort((left, right) => (left.view.name < right.view.name ? -1 : 1))
}

async function shown(services: Services, view: StreamView, kept: KeptStreaming): Promise<Answer> {
  return streamingView(view, kept, await services.streams.status(view.account, view.name))
}

async function list(services: Services, account: string, input: Static<typeof List>): Promise<Answer> {
  const window = windowOf(input)
  if ((input.SourceArn ?? '') !== '' || (input.SinkArn ?? '') !== '') {
    throw new Refusal('RequestParameterInvalid', 'streamings cannot be listed by SourceArn or SinkArn here')
  }
  const { NamePrefix: prefix = '', SourceType: source = '', SinkType: sink = '', Tag: tag = '' } = input
  const found = all(services, account).filter(
    ({ view, kept: { streaming } }) =>
      view.name.startsWith(prefix) &&
      isOfType('Source', streaming['Source'], source) &&
      isOfType('Sink', streaming['Sink'], sink) &&
      (tag === '' || streaming['Tag'] === tag),
  )
  const page = found.slice(window.offset, window.offset + window.limit)
  const EventStreamings: Answer[] = []
  for (const { view, kept } of page) EventStreamings.push(await shown(services, view, kept))
  return { EventStreamings, NextToken: nextToken(window, found.length), Total: found.length }
}

/** `MNS`, or the whole name of the parameter object. */
function isOfType(what: 'Source' | 'Sink', part: unknown, type: string): boolean {
  if (type === '') return true
  const kinds = typeof part === 'object' && part !== null ? Object.keys(part) : []
  const wanted = type.toLowerCase()
  return kinds.some(kind =>
    [kind, kind.slice(what.length, -'Parameters'.length)].some(name => name.toLowerCase() === wanted),
  )
}

async function metrics(
  services: Services,
  account: string,
  names: readonly string[] | undefined,
): Promise<Answer> {
  const found =
    names === undefined ? all(services, account) : names.map(name => find(services, account, name))
  if (found.length > metricsMax) {
    throw new Refusal('LimitSizeInvalid', `name the streamings; there are more than ${metricsMax}`)
  }
  const EventStreamingMetrics: Answer[] = []
  for (const { view, kept } of found) {
    const status = await services.streams.status(account, view.name)
    EventStreamingMetrics.push(metricsView(view, kept, status, services.clock.nowMs()))
  }
  return { EventStreamingMetrics }
}

/** Streamings whose metrics one request reads. */
const metricsMax = 100
