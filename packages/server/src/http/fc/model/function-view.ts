import { hash } from 'node:crypto'
import type { FunctionSpec } from '../../../resources/index.ts'
import { type Owner, layerArn } from '../arn.ts'
import { isObject } from '../call.ts'
import { foreignOf } from './foreign.ts'
import { cloudSettings } from './function-fields.ts'
import { serverConfigOf } from './server-config.ts'
import { timeOf } from './times.ts'
import { picked } from './foreign.ts'

/** One form of a function with what is known of it besides its definition. */
export interface ShownFunction {
  readonly spec: FunctionSpec
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly codeBytes: number
  readonly codeChecksum: string
}

/** What both generations tell of a function in the same words. Settings of the cloud come as they were written. */
export function commonFields(owner: Owner, shown: ShownFunction): Record<string, unknown> {
  const { spec } = shown
  const foreign = foreignOf(spec.foreign)
  const container = isObject(foreign['container']) ? foreign['container'] : {}
  return {
    ...picked(foreign, cloudSettings),
    description: spec.description,
    runtime: spec.runtime,
    handler: spec.handler,
    cpu: spec.cpu,
    memorySize: spec.memoryMiB,
    diskSize: spec.diskMiB,
    timeout: Math.ceil(spec.timeoutMs / 1_000),
    instanceConcurrency: spec.concurrencyPerInstance,
    environmentVariables: spec.environment,
    layers: spec.layers.map(layer => {
      const [name = '', version = ''] = layer.split(':')
      return layerArn(owner, name, Number(version))
    }),
    ...lifecycle(spec, foreign['initializerCommand']),
    ...serverConfigOf(spec.server, container),
    codeSize: shown.codeBytes,
    codeChecksum: shown.codeChecksum,
    createdTime: timeOf(shown.createdAtMs),
    lastModifiedTime: timeOf(shown.updatedAtMs),
  }
}

function lifecycle(spec: FunctionSpec, command: unknown): Record<string, unknown> {
  const { initializer, initializerTimeoutMs, preStop, preFreeze } = spec
  const hooks = {
    ...(initializer === undefined && command === undefined
      ? {}
      : {
          initializer: {
            handler: initializer ?? '',
            timeout: initializerTimeoutMs / 1_000,
            ...(command === undefined ? {} : { command }),
          },
        }),
    ...(preStop === undefined
      ? {}
      : { preStop: { handler: preStop.handler, timeout: preStop.timeoutMs / 1_000 } }),
    ...(preFreeze === undefined
      ? {}
      : { preFreeze: { handler: preFreeze.handler, timeout: preFreeze.timeoutMs / 1_000 } }),
  }
  return Object.keys(hooks).length === 0 ? {} : { instanceLifecycleConfig: hooks }
}

/** Tags as lists of keys and values, which is how this interface has them. */
export function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** An id in the form of a UUID that stays the same as long as the thing does, made of what it is. */
export function stableId(...parts: readonly (string | number)[]): string {
  const digits = hash('sha256', JSON.stringify(parts))
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
