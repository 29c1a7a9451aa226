import { AppError, retryNever } from '@millrace/spi'
import { compilePath, compileTransform } from '../bus/transform/index.ts'
import type { SecretBox } from '../auth/index.ts'
import type { OptionsRole, Plugins } from '../plugins/index.ts'
import {
  busKey,
  defaultBusName,
  type RuleSpec,
  type SinkSpec,
  type Snapshot,
  type TargetSpec,
} from '../resources/index.ts'
import { type Connected, connectedOptions } from './instances.ts'

export interface RuleCheckParts {
  readonly plugins: Pick<Plugins, 'checkOptions' | 'checkSinkParameters' | 'mapSecrets'>
  readonly secrets: SecretBox
}

/**
 * Completes a rule's spec (the options of its connectors get their defaults, and their secrets are sealed) and refuses what could never work, with
 * the target's place in front: a transform or path that does not compile, an unknown connector or option, a function,
 * bus, queue or topic that is not there.
 */
export async function checkRule(
  account: string,
  spec: RuleSpec,
  snapshot: Snapshot,
  { plugins, secrets }: RuleCheckParts,
): Promise<RuleSpec> {
  const targets: TargetSpec[] = []
  for (const target of spec.targets) {
    const at = `target ${target.id}`
    await placed(at, () => {
      if (target.transform !== undefined) compileTransform(target.transform)
      for (const transform of Object.values(target.parameters)) compileTransform(transform)
      if (target.orderBy !== undefined) compilePath(target.orderBy)
    })
    const sink = await placed(at, async () => {
      if ('connector' in target.sink) {
        await plugins.checkSinkParameters(target.sink.connector, Object.keys(target.parameters))
      }
      return await checkSink(account, target.sink, snapshot, { plugins, secrets })
    })
    const { deadLetter } = target
    if (deadLetter === undefined) {
      targets.push({ ...target, sink })
      continue
    }
    const checked = await placed(`${at}, dead letter`, () =>
      checkSink(account, deadLetter, snapshot, { plugins, secrets }),
    )
    targets.push({ ...target, sink, deadLetter: checked })
  }
  return { ...spec, targets }
}

/** Completes a sink and seals the secrets of its options; throws `rule.sink-invalid` and what the connector refuses. */
export async function checkSink(
  account: string,
  sink: SinkSpec,
  snapshot: Snapshot,
  { plugins, secrets }: RuleCheckParts,
): Promise<SinkSpec> {
  const { buses, functions, queues, topics } = snapshot
  if ('connector' in sink) {
    return { ...sink, options: await checkConnected(account, 'sink', sink, snapshot, { plugins, secrets }) }
  }
  if ('function' in sink) {
    if (!functions.has(busKey(account, sink.function))) throw missing('function', sink.function)
    return sink
  }
  if ('queue' in sink) {
    if (!queues.has(busKey(account, sink.queue))) throw missing('queue', sink.queue)
    return sink
  }
  if ('topic' in sink) {
    if (!topics.has(busKey(account, sink.topic))) throw missing('topic', sink.topic)
    return sink
  }
  if (sink.bus === defaultBusName) {
    throw new AppError(
      'rule.sink-invalid',
      `the bus ${defaultBusName} takes the platform's own events only`,
      retryNever,
    )
  }
  if (!buses.has(busKey(account, sink.bus))) throw missing('bus', sink.bus)
  return sink
}

/**
 * The options of a part as they are stored, with their secrets sealed. Beside an instance they stay as they were given: a
 * default among them would hide what the instance says.
 */
export async function checkConnected(
  account: string,
  role: OptionsRole,
  part: Connected,
  snapshot: Snapshot,
  { plugins, secrets }: RuleCheckParts,
): Promise<Record<string, unknown>> {
  const { connector, instance, options } = part
  const complete = await plugins.checkOptions(
    connector,
    role,
    connectedOptions(account, part, snapshot, secrets),
  )
  const kept = instance === undefined ? complete : secrets.openAll(options ?? {})
  return await plugins.mapSecrets(connector, role, kept, secret => secrets.seal(secret))
}

export function missing(kind: string, name: string): AppError {
  return new AppError('rule.sink-invalid', `there is no ${kind} ${name}`, retryNever, {
    details: { kind, name },
  })
}

/** Runs a check and puts the place in front of what it says. */
export async function placed<Result>(place: string, check: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await check()
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown
    throw new AppError(thrown.code, `${place}: ${thrown.message}`, thrown.retry, {
      cause: thrown,
      details: { ...thrown.details, place },
    })
  }
}
