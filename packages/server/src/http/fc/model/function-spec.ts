import type { FunctionSpec } from '../../../resources/index.ts'
import { layerOfArn } from '../arn.ts'
import { invalidArgument } from '../refusal.ts'
import { foreignOf, picked, withForeign } from './foreign.ts'
import { cloudSettings, type FunctionInput } from './function-fields.ts'
import { containerRest, serverSpecOf } from './server-config.ts'

/** A definition before anything is said: what holds where a client leaves it out (function-compute section 2.7). */
export const blankFunction = {
  description: '',
  runtime: 'nodejs20',
  handler: 'index.handler',
  handlerKind: 'event',
  initializerTimeoutMs: 3_000,
  code: '',
  layers: [],
  environment: {},
  timeoutMs: 3_000,
  memoryMiB: 512,
  cpu: 1,
  diskMiB: 512,
  concurrencyPerInstance: 1,
  // The interface has no limit of this kind: that of the platform's memory holds.
  instancesMax: 100,
  freeze: false,
  network: 'on',
  tags: {},
} as const satisfies FunctionSpec

/** Names that stand for "as before" in a definition of a hook. */
type Hooks = Pick<FunctionSpec, 'initializer' | 'initializerTimeoutMs' | 'preStop' | 'preFreeze'>

/**
 * The definition with what the input says; what it leaves out stays as it was. `code` is the name of the package that
 * the input has brought, if it has.
 */
export function functionSpecOf(
  input: FunctionInput,
  base: FunctionSpec,
  code: string | undefined,
): FunctionSpec {
  const { initializer: _1, preStop: _2, preFreeze: _3, server: _4, idleMs: _5, foreign, ...rest } = base
  const server = serverSpecOf(input, base.server)
  const idleMs = idleMsOf(input, base)
  const role = input.role ?? base.role
  const kept = {
    ...foreignOf(foreign),
    ...picked(input, cloudSettings),
    ...(input.customContainerConfig === undefined ? {} : { container: containerRest(input) }),
    ...(input.instanceLifecycleConfig?.initializer?.command === undefined
      ? {}
      : { initializerCommand: input.instanceLifecycleConfig.initializer.command }),
  }
  return {
    ...rest,
    ...hooksOf(input, base),
    description: input.description ?? base.description,
    runtime: input.runtime ?? base.runtime,
    handler: input.handler ?? base.handler,
    code: code ?? base.code,
    layers: input.layers === undefined ? base.layers : input.layers.map(layerOfArn),
    environment: input.environmentVariables ?? base.environment,
    timeoutMs: input.timeout === undefined ? base.timeoutMs : input.timeout * 1_000,
    memoryMiB: input.memorySize ?? base.memoryMiB,
    cpu: cpuOf(input, base),
    diskMiB: input.diskSize ?? base.diskMiB,
    concurrencyPerInstance: input.instanceConcurrency ?? base.concurrencyPerInstance,
    network: networkOf(input, base),
    tags:
      input.tags === undefined
        ? base.tags
        : Object.fromEntries(input.tags.map(({ Key, Value = '' }) => [Key, Value])),
    ...(role === undefined || role === '' ? {} : { role }),
    ...(server === undefined ? {} : { server }),
    ...(idleMs === undefined ? {} : { idleMs }),
    ...withForeign(foreign, kept),
  }
}

/**
 * Processors are a multiple of a twentieth, and between a quarter of one and one for each GB (section 2.7). Up to one is
 * taken with any memory, since that is what a definition has that says nothing of it. Where only the memory is named,
 * the processors follow it as far as the rule makes them.
 */
function cpuOf({ cpu, memorySize }: FunctionInput, base: FunctionSpec): number {
  const gigabytes = (memorySize ?? base.memoryMiB) / 1_024
  if (cpu === undefined && memorySize === undefined) return base.cpu
  const least = Math.ceil(gigabytes * 5) / 20
  const most = Math.max(1, Math.floor(gigabytes * 20) / 20)
  if (cpu === undefined) return Math.min(Math.max(base.cpu, least), most, 16)
  if (Math.abs(cpu * 20 - Math.round(cpu * 20)) > 1e-9) throw invalidArgument('cpu is a multiple of 0.05')
  // What the console itself offers for the smallest sizes is a little beside the rule.
  if (gigabytes / cpu <= 4.1 && (gigabytes / cpu >= 0.9 || cpu <= most)) return cpu
  throw invalidArgument(
    `the ratio of cpu to memorySize in GB is between 1:1 and 1:4; this one is 1:${(gigabytes / cpu).toFixed(2)}`,
  )
}

function networkOf({ internetAccess }: FunctionInput, base: FunctionSpec): FunctionSpec['network'] {
  if (internetAccess === undefined) return base.network
  if (!internetAccess) return 'off'
  return base.network === 'off' ? 'on' : base.network
}

/** -1 leaves it to the platform. */
function idleMsOf({ idleTimeout }: FunctionInput, base: FunctionSpec): number | undefined {
  if (idleTimeout === undefined) return base.idleMs
  return idleTimeout <= 0 ? undefined : idleTimeout * 1_000
}

/** A hook with an empty handler is taken away. */
function hooksOf(input: FunctionInput, base: FunctionSpec): Hooks {
  const { initializer, preStop, preFreeze } = input.instanceLifecycleConfig ?? {}
  const named = initializer?.handler ?? input.initializer ?? base.initializer
  const timeout = initializer?.timeout ?? input.initializationTimeout
  return {
    ...(named === undefined || named === '' ? {} : { initializer: named }),
    initializerTimeoutMs: timeout === undefined ? base.initializerTimeoutMs : timeout * 1_000,
    ...hookOf('preStop', preStop, base.preStop),
    ...hookOf('preFreeze', preFreeze, base.preFreeze),
  }
}

function hookOf<Name extends 'preStop' | 'preFreeze'>(
  name: Name,
  input: { handler?: string; timeout?: number } | undefined,
  base: FunctionSpec[Name],
): { [Key in Name]?: NonNullable<FunctionSpec[Name]> } {
  const handler = input?.handler ?? base?.handler
  if (handler === undefined || handler === '') return {}
  const timeoutMs = input?.timeout === undefined ? (base?.timeoutMs ?? 3_000) : input.timeout * 1_000
  return { [name]: { handler, timeoutMs } } as { [Key in Name]?: NonNullable<FunctionSpec[Name]> }
}
