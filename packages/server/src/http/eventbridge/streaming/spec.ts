import { type Static, Type } from 'typebox'
import type { StreamSpec } from '../../../resources/index.ts'
import { isObject } from '../action.ts'
import { parseFunctionArn } from '../arn.ts'
import { patternOf } from '../filter-pattern.ts'
import {
  type Destination,
  given,
  type MappingContext,
  type MemberCodes,
  Members,
  parametersOf,
  roleOf,
  sinkMapping,
  sourceMapping,
} from '../mapping/index.ts'
import { Refusal } from '../refusal.ts'
import { RunOptions, runOptions } from './run-options.ts'

const Parts = Type.Record(Type.String(), Type.Unknown())

/** Members of a streaming besides its name (section 8.1). */
export const StreamingMembers = {
  Description: Type.Optional(Type.String()),
  FilterPattern: Type.Optional(Type.String()),
  Source: Type.Optional(Parts),
  Sink: Type.Optional(Parts),
  RunOptions: Type.Optional(RunOptions),
  Transforms: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
}
const Streaming = Type.Object(StreamingMembers)
export type StreamingInput = Static<typeof Streaming>

/** The code of everything that is wrong with a streaming: the interface publishes none of its own for it. */
export const streamingCode = 'RequestParameterInvalid'
const codes: MemberCodes = { missing: streamingCode, ineffective: streamingCode }

/** A streaming in the words of the engine, without what it keeps for this interface. */
export function streamSpec(
  input: StreamingInput,
  context: MappingContext,
): Partial<StreamSpec> & Pick<StreamSpec, 'source' | 'sink'> {
  const [sourceKind, sourceMembers] = onlyPart('Source', input.Source ?? {})
  const [sinkKind, sinkMembers] = onlyPart('Sink', input.Sink ?? {})
  const from = new Members(sourceKind, parametersOf(sourceMembers), codes)
  const source = sourceMapping(sourceKind, streamingCode)(from, context)
  const to = new Members(sinkKind, parametersOf(sinkMembers), codes)
  const destination = sinkMapping(sinkKind, streamingCode)(to, context)
  const roles = given({ source: roleOf(from, context.account), sink: roleOf(to, context.account) })
  const pattern = input.FilterPattern?.trim() ?? ''
  const options = runOptions(input.RunOptions ?? {}, context)
  return {
    description: input.Description ?? '',
    source,
    ...(Object.keys(roles).length === 0 ? {} : { roles }),
    pattern: pattern === '' ? {} : patternOf(pattern),
    dialect: 'aliyun',
    functions: (input.Transforms ?? []).map(transform => functionStage(transform, context)),
    ...sinkPart(destination),
    ...(options as Partial<StreamSpec>),
    batch: { ...destination.batch, ...options.batch } as StreamSpec['batch'],
  }
}

function sinkPart({
  sink,
  transform,
  parameters,
  payload,
  concurrencyMax,
  timeoutMs,
  ratePerSecondMax,
}: Destination): Partial<StreamSpec> & Pick<StreamSpec, 'sink'> {
  return {
    sink,
    ...(transform === undefined ? {} : { transform }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(payload === undefined ? {} : { payload }),
    ...(concurrencyMax === undefined ? {} : { concurrencyMax }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(ratePerSecondMax === undefined ? {} : { ratePerSecondMax }),
  }
}

/** A source, and a sink, is exactly one parameter object under its name. */
function onlyPart(
  what: 'Source' | 'Sink',
  parts: Readonly<Record<string, unknown>>,
): [kind: string, members: Record<string, unknown>] {
  const found = Object.entries(parts).filter(([, value]) => value !== null && value !== undefined)
  const [first, second] = found
  if (first === undefined) throw new Refusal(streamingCode, `${what} needs one object ${what}…Parameters`)
  if (second !== undefined) {
    throw new Refusal(streamingCode, `${what} has ${found.length} parameter objects; it takes one`)
  }
  const [kind, members] = first
  if (!isObject(members)) throw new Refusal(streamingCode, `${kind.slice(0, 64)} is an object`)
  return [kind, members]
}

/** Functions change batches; the other transforms call models that are not here. */
function functionStage(
  transform: Readonly<Record<string, unknown>>,
  context: MappingContext,
): StreamSpec['functions'][number] {
  const arn = transform['Arn']
  const named = typeof arn === 'string' ? parseFunctionArn(arn) : undefined
  if (named === undefined) {
    throw new Refusal(
      streamingCode,
      'a transform is a function, named by its Arn: acs:fc:…:functions/<name>; this server has no others',
    )
  }
  const qualified = `${named.service ?? ''}.${named.function}`
  return { function: context.hasFunction(qualified) ? qualified : named.function }
}
