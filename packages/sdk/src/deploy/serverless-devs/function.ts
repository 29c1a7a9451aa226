import type { AsyncSpec, FunctionDocument, HookSpec, ScalingSpec, ServerSpec } from '../../index.ts'
import { given, type Members } from './members.ts'
import { readTriggers } from './trigger.ts'

/** A function of the component `fc3`, and what of it was left out. */
export interface ReadFunction {
  readonly name: string
  readonly document: FunctionDocument
  readonly leftOut: readonly string[]
}

/** Reads the props of one resource; their path is for messages. */
export function readFunction(props: Members, path: string): ReadFunction {
  const name = props.text('functionName')
  if (name === undefined) throw new Error(`${path} has no functionName`)
  const leftOut: string[] = []
  const lifecycle = props.inner('instanceLifecycleConfig')
  const initializer = hook(lifecycle?.inner('initializer'))
  const container = props.inner('customContainerConfig')
  const server = readServer(props.inner('customRuntimeConfig') ?? container, container?.text('image'))
  const internet = props.flag('internetAccess')
  const layers = props.texts('layers')
  if (layers !== undefined)
    leftOut.push(`${path}.layers: push them by "millrace layer push" and name them here`)
  const triggers = readTriggers(props.list('triggers') ?? [], `${path}.triggers`, leftOut)
  const asynchronous = readAsync(props.inner('asyncInvokeConfig'), leftOut)
  const scaling = readScaling(props.inner('provisionConfig') ?? props.inner('scalingConfig'))
  props.ignore('region', 'functionName', 'concurrencyConfig')
  const document = given({
    description: props.text('description'),
    runtime: props.text('runtime'),
    handler: props.text('handler'),
    code: props.text('code') ?? '.',
    environment: props.record('environmentVariables'),
    timeoutMs: props.number('timeout', 1_000),
    memoryMiB: props.number('memorySize'),
    cpu: props.number('cpu'),
    diskMiB: props.number('diskSize'),
    concurrencyPerInstance: props.number('instanceConcurrency'),
    network: internet === false ? ('off' as const) : undefined,
    initializer: initializer?.handler,
    initializerTimeoutMs: initializer?.timeoutMs,
    preStop: hook(lifecycle?.inner('preStop')),
    preFreeze: hook(lifecycle?.inner('preFreeze')),
    server,
    role: props.text('role'),
    triggers: Object.keys(triggers).length === 0 ? undefined : triggers,
    async: asynchronous,
    scaling,
  }) as FunctionDocument
  leftOut.push(...props.rest().map(each => `${each}: has no counterpart`))
  return { name, document, leftOut }
}

function hook(config: Members | undefined): HookSpec | undefined {
  const handler = config?.text('handler')
  if (handler === undefined || handler === '') return undefined
  return given({ handler, timeoutMs: config?.number('timeout', 1_000) }) as HookSpec
}

function readServer(config: Members | undefined, image: string | undefined): ServerSpec | undefined {
  if (config === undefined) return undefined
  const health = config.inner('healthCheckConfig')
  const path = health?.text('httpGetUrl')
  return given({
    image,
    command: config.texts('command') ?? config.texts('entrypoint'),
    args: config.texts('args'),
    port: config.number('port'),
    healthCheck:
      health === undefined || path === undefined
        ? undefined
        : given({
            path,
            initialDelayMs: health.number('initialDelaySeconds', 1_000),
            periodMs: health.number('periodSeconds', 1_000),
            timeoutMs: health.number('timeoutSeconds', 1_000),
            failuresMax: health.number('failureThreshold'),
            successesMin: health.number('successThreshold'),
          }),
  }) as ServerSpec
}

function readAsync(config: Members | undefined, leftOut: string[]): AsyncSpec | undefined {
  if (config === undefined) return undefined
  const destinations = config.inner('destinationConfig')
  if (destinations !== undefined) {
    leftOut.push(
      'asyncInvokeConfig.destinationConfig: write onSuccess and onFailure with the names that they have here',
    )
  }
  return given({
    retriesMax: config.number('maxAsyncRetryAttempts'),
    ageMsMax: config.number('maxAsyncEventAgeInSeconds', 1_000),
    tasks: config.flag('asyncTask'),
  }) as AsyncSpec
}

function readScaling(config: Members | undefined): ScalingSpec | undefined {
  const instancesMin = config?.number('defaultTarget') ?? config?.number('minInstances')
  return instancesMin === undefined ? undefined : { instancesMin }
}
