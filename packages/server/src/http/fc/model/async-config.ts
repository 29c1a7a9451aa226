import { Type, type Static } from 'typebox'
import type { AsyncSpec, SinkSpec } from '../../../resources/index.ts'
import { functionOfArn } from '../arn.ts'
import { invalidArgument } from '../refusal.ts'
import { foreignOf, withForeign } from './foreign.ts'

const Destination = Type.Optional(
  Type.Object({ destination: Type.Optional(Type.String({ maxLength: 512 })) }),
)

/** How asynchronous calls are made; the older generation says `statefulInvocation` for `asyncTask`. */
export const AsyncConfigInput = Type.Object({
  asyncTask: Type.Optional(Type.Boolean()),
  statefulInvocation: Type.Optional(Type.Boolean()),
  maxAsyncRetryAttempts: Type.Optional(Type.Integer({ minimum: 0, maximum: 8 })),
  maxAsyncEventAgeInSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
  destinationConfig: Type.Optional(Type.Object({ onSuccess: Destination, onFailure: Destination })),
})
export type AsyncConfigInput = Static<typeof AsyncConfigInput>

/** Defaults are those of section 7.2. Refuses destinations of services that are not here. */
export function asyncSpecOf(
  input: AsyncConfigInput,
  kept: Readonly<Record<string, unknown>>,
): Partial<AsyncSpec> {
  const { onSuccess, onFailure } = input.destinationConfig ?? {}
  const success = sinkOf(onSuccess?.destination)
  const failure = sinkOf(onFailure?.destination)
  return {
    retriesMax: input.maxAsyncRetryAttempts ?? 3,
    ageMsMax: (input.maxAsyncEventAgeInSeconds ?? 86_400) * 1_000,
    tasks: input.asyncTask ?? input.statefulInvocation ?? false,
    ...(success === undefined ? {} : { onSuccess: success }),
    ...(failure === undefined ? {} : { onFailure: failure }),
    ...withForeign(undefined, { ...kept, destinationConfig: input.destinationConfig }),
  }
}

/** What both generations tell in the same words. Destinations come as they were written. */
export function asyncConfigOf(spec: AsyncSpec): Record<string, unknown> {
  const { destinationConfig = {} } = foreignOf(spec.foreign)
  return {
    maxAsyncRetryAttempts: spec.retriesMax,
    maxAsyncEventAgeInSeconds: Math.ceil(spec.ageMsMax / 1_000),
    destinationConfig,
  }
}

/** Where an outcome goes (section 7.5). */
function sinkOf(destination: string | undefined): SinkSpec | undefined {
  if (destination === undefined || destination === '') return undefined
  const [, bus] = /^acs:eventbridge:[^:]*:[^:]*:eventbus\/([^/]+)$/.exec(destination) ?? []
  if (bus !== undefined) return { bus }
  const [, kind, name] =
    /^acs:mns:[^:]*:[^:]*:\/?(queues|topics)\/([^/]+)(?:\/messages)?$/.exec(destination) ?? []
  if (name !== undefined) return kind === 'queues' ? { queue: name } : { topic: name }
  if (destination.startsWith('acs:fc:')) {
    const { service, name: functionName, qualifier } = functionOfArn(destination)
    return {
      function: service === undefined ? functionName : `${service}.${functionName}`,
      ...(qualifier === undefined ? {} : { qualifier }),
    }
  }
  throw invalidArgument(
    `destination '${destination.slice(0, 200)}' is no function, queue, topic or event bus of this server`,
  )
}
