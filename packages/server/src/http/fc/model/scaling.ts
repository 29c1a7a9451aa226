import { Type, type Static } from 'typebox'
import type { ScalingSpec } from '../../../resources/index.ts'
import { invalidArgument } from '../refusal.ts'
import { foreignOf, picked, withForeign } from './foreign.ts'

const Count = Type.Integer({ minimum: 0, maximum: 10_000 })
const Name = Type.String({ minLength: 1, maxLength: 128 })
const Time = Type.Optional(Type.String({ maxLength: 32 }))
const Zone = Type.Optional(Type.String({ maxLength: 64 }))

const Scheduled = Type.Object({
  name: Name,
  startTime: Time,
  endTime: Time,
  timeZone: Zone,
  target: Count,
  scheduleExpression: Type.String({ maxLength: 128 }),
})

/** The two interfaces name the bounds of a policy differently. */
const Tracking = Type.Object({
  name: Name,
  startTime: Time,
  endTime: Time,
  timeZone: Zone,
  metricType: Type.String({ maxLength: 64 }),
  metricTarget: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  minCapacity: Type.Optional(Count),
  maxCapacity: Type.Optional(Count),
  minInstances: Type.Optional(Count),
  maxInstances: Type.Optional(Count),
})

/** Instances that are kept ready (section 2.7). `target` is the older name of `defaultTarget`. */
export const ProvisionInput = Type.Object({
  defaultTarget: Type.Optional(Count),
  target: Type.Optional(Count),
  alwaysAllocateCPU: Type.Optional(Type.Boolean()),
  alwaysAllocateGPU: Type.Optional(Type.Boolean()),
  scheduledActions: Type.Optional(Type.Array(Scheduled, { maxItems: 100 })),
  targetTrackingPolicies: Type.Optional(Type.Array(Tracking, { maxItems: 100 })),
})
export type ProvisionInput = Static<typeof ProvisionInput>

export const ScalingInput = Type.Object({
  minInstances: Type.Optional(Count),
  residentPoolId: Type.Optional(Type.String({ maxLength: 128 })),
  enableOnDemandScaling: Type.Optional(Type.Boolean()),
  enableMixMode: Type.Optional(Type.Boolean()),
  requestDispatchPolicy: Type.Optional(Type.String({ maxLength: 64 })),
  scheduledPolicies: Type.Optional(Type.Array(Scheduled, { maxItems: 100 })),
  horizontalScalingPolicies: Type.Optional(Type.Array(Tracking, { maxItems: 100 })),
})
export type ScalingInput = Static<typeof ScalingInput>

export function specOfProvision(input: ProvisionInput): ScalingSpec {
  return {
    instancesMin: input.defaultTarget ?? input.target ?? 0,
    schedules: (input.scheduledActions ?? []).map(scheduleOf),
    tracking: (input.targetTrackingPolicies ?? []).map(trackingOf),
    overflow: true,
    ...withForeign(undefined, picked(input, ['alwaysAllocateCPU', 'alwaysAllocateGPU'])),
  }
}

export function specOfScaling(input: ScalingInput): ScalingSpec {
  const kept = picked(input, ['residentPoolId', 'enableMixMode', 'requestDispatchPolicy'])
  return {
    instancesMin: input.minInstances ?? 0,
    schedules: (input.scheduledPolicies ?? []).map(scheduleOf),
    tracking: (input.horizontalScalingPolicies ?? []).map(trackingOf),
    overflow: input.enableOnDemandScaling ?? true,
    ...withForeign(undefined, kept),
  }
}

export function provisionOf(spec: ScalingSpec): Record<string, unknown> {
  const { alwaysAllocateCPU = false, alwaysAllocateGPU = false } = foreignOf(spec.foreign)
  return {
    defaultTarget: spec.instancesMin,
    alwaysAllocateCPU,
    alwaysAllocateGPU,
    scheduledActions: spec.schedules.map(scheduledAction),
    targetTrackingPolicies: spec.tracking.map(policy => ({
      ...trackingPolicy(policy),
      minCapacity: policy.instancesMin,
      maxCapacity: policy.instancesMax,
    })),
  }
}

export function scalingOf(spec: ScalingSpec): Record<string, unknown> {
  return {
    ...picked(foreignOf(spec.foreign), ['residentPoolId', 'enableMixMode', 'requestDispatchPolicy']),
    minInstances: spec.instancesMin,
    enableOnDemandScaling: spec.overflow,
    scheduledPolicies: spec.schedules.map(scheduledAction),
    horizontalScalingPolicies: spec.tracking.map(policy => ({
      ...trackingPolicy(policy),
      minInstances: policy.instancesMin,
      maxInstances: policy.instancesMax,
    })),
  }
}

type Schedule = ScalingSpec['schedules'][number]
type Policy = ScalingSpec['tracking'][number]

function scheduleOf(input: Static<typeof Scheduled>): Schedule {
  const { name, target, scheduleExpression } = input
  return { name, expression: scheduleExpression, instances: target, ...windowOf(input) }
}

function trackingOf(input: Static<typeof Tracking>): Policy {
  const { name, metricType, metricTarget } = input
  const least = input.minCapacity ?? input.minInstances ?? 0
  const most = input.maxCapacity ?? input.maxInstances
  if (most === undefined)
    throw invalidArgument(`policy ${name} says nothing of how many instances it keeps at most`)
  return {
    name,
    metric: metricOf(metricType),
    target: metricTarget,
    instancesMin: least,
    instancesMax: most,
    ...windowOf(input),
  }
}

function windowOf(input: { startTime?: string; endTime?: string; timeZone?: string }) {
  const { startTime = '', endTime = '', timeZone = '' } = input
  return {
    ...(startTime === '' ? {} : { start: startTime }),
    ...(endTime === '' ? {} : { end: endTime }),
    timeZone: timeZone === '' ? 'UTC' : timeZone,
  }
}

/** Instances that are kept are the more the busier they are; of graphics processors nothing is known. */
function metricOf(type: string): Policy['metric'] {
  if (/concurren/i.test(type)) return 'concurrency'
  if (/^cpu/i.test(type)) return 'cpu'
  if (/^mem/i.test(type)) return 'memory'
  throw invalidArgument(
    `metricType '${type}' cannot be followed: concurrency, CPU and memory utilization can`,
  )
}

const metricNames: Readonly<Record<Policy['metric'], string>> = {
  concurrency: 'ProvisionedConcurrencyUtilization',
  cpu: 'CPUUtilization',
  memory: 'MemoryUtilization',
}

function scheduledAction({ name, start = '', end = '', timeZone, expression, instances }: Schedule) {
  return {
    name,
    startTime: start,
    endTime: end,
    timeZone,
    target: instances,
    scheduleExpression: expression,
  }
}

function trackingPolicy({ name, start = '', end = '', timeZone, metric, target }: Policy) {
  return {
    name,
    startTime: start,
    endTime: end,
    timeZone,
    metricType: metricNames[metric],
    metricTarget: target,
  }
}
