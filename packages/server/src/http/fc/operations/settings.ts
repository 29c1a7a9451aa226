import type { AsyncSpec, PartView, ScalingSpec } from '../../../resources/index.ts'
import { answered, type Handler, jsonHandler, nothing, queryOf } from '../call.ts'
import {
  asyncConfigOf,
  AsyncConfigInput,
  asyncSpecOf,
  ProvisionInput,
  provisionOf,
  ScalingInput,
  scalingOf,
  specOfProvision,
  specOfScaling,
  timeOf,
} from '../model/index.ts'
import type { FcParts } from '../parts.ts'
import { Refusal } from '../refusal.ts'
import type { Subject, SubjectOf } from '../subject.ts'

/** How one generation shows the setting of asynchronous calls. */
export function shownAsyncConfig(
  taskMember: 'asyncTask' | 'statefulInvocation',
  functionArn: string,
  qualifier: string,
  { spec, createdAtMs, updatedAtMs }: Pick<PartView<AsyncSpec>, 'spec' | 'createdAtMs' | 'updatedAtMs'>,
): Record<string, unknown> {
  return {
    functionArn,
    qualifier,
    [taskMember]: spec.tasks,
    ...asyncConfigOf(spec),
    createdTime: timeOf(createdAtMs),
    lastModifiedTime: timeOf(updatedAtMs),
  }
}

/** `PutAsyncInvokeConfig` and its siblings: how asynchronous calls by a qualifier are made. */
export function asyncConfigHandlers(
  { services: { resources } }: FcParts,
  subjectOf: SubjectOf,
  taskMember: 'asyncTask' | 'statefulInvocation',
) {
  const show = ({ account, name, qualifier, shownQualifier, arn }: Subject) =>
    answered(shownAsyncConfig(taskMember, arn, shownQualifier, resources.async.get(account, name, qualifier)))

  const put = jsonHandler(AsyncConfigInput, async (call, input) => {
    const subject = await subjectOf(call)
    const kept = { qualifier: subject.shownQualifier }
    await resources.async.put(subject.account, subject.name, subject.qualifier, asyncSpecOf(input, kept))
    return show(subject)
  })
  const get: Handler = async call => show(await subjectOf(call))
  const remove: Handler = async call => {
    const { account, name, qualifier } = await subjectOf(call)
    await resources.async.delete(account, name, qualifier)
    return nothing
  }
  return { put, get, remove }
}

/** What a scaling setting has come to, where it is known. */
function statusOf({ services }: FcParts, { account, name, qualifier }: Subject) {
  const { instances, serving } = services.functions.scaling(account, name, qualifier) ?? {}
  return { instances, serving }
}

export function shownProvision(parts: FcParts, subject: Subject, spec: ScalingSpec): Record<string, unknown> {
  const { instances = spec.instancesMin, serving = 0 } = statusOf(parts, subject)
  return {
    functionArn: subject.arn,
    qualifier: subject.shownQualifier,
    ...provisionOf(spec),
    target: instances,
    current: serving,
    currentError: '',
  }
}

export function shownScaling(parts: FcParts, subject: Subject, spec: ScalingSpec): Record<string, unknown> {
  const { instances = spec.instancesMin, serving = 0 } = statusOf(parts, subject)
  return {
    functionArn: subject.arn,
    qualifier: subject.shownQualifier,
    ...scalingOf(spec),
    targetInstances: instances,
    currentInstances: serving,
    currentError: '',
  }
}

/**
 * `PutProvisionConfig` and `PutScalingConfig` with their siblings: two names of one setting, the instances that are kept
 * for `LATEST` or an alias.
 */
export function scalingHandlers(parts: FcParts, subjectOf: SubjectOf) {
  const { scaling } = parts.services.resources
  const find = ({ account, name, qualifier }: Subject, what: string): ScalingSpec => {
    try {
      return scaling.get(account, name, qualifier).spec
    } catch (thrown) {
      // Without the function it is the function that is missing.
      parts.services.resources.functions.get(account, name)
      void thrown
      throw new Refusal(
        404,
        `${what}ConfigNotFound`,
        `${what.toLowerCase()} config of qualifier '${qualifier}' does not exist in function '${name}'`,
      )
    }
  }
  const write = async (subject: Subject, spec: ScalingSpec): Promise<void> => {
    await scaling.put(subject.account, subject.name, subject.qualifier, spec)
  }
  const remover =
    (what: string): Handler =>
    async call => {
      const subject = await subjectOf(call)
      find(subject, what)
      await scaling.delete(subject.account, subject.name, subject.qualifier)
      return nothing
    }
  return {
    putProvision: jsonHandler(ProvisionInput, async (call, input) => {
      const subject = await subjectOf(call)
      await write(subject, specOfProvision(input))
      return answered(shownProvision(parts, subject, find(subject, 'Provision')))
    }),
    getProvision: (async call => {
      const subject = await subjectOf(call)
      return answered(shownProvision(parts, subject, find(subject, 'Provision')))
    }) satisfies Handler as Handler,
    deleteProvision: remover('Provision'),
    putScaling: jsonHandler(ScalingInput, async (call, input) => {
      const subject = await subjectOf(call)
      await write(subject, specOfScaling(input))
      return answered(shownScaling(parts, subject, find(subject, 'Scaling')))
    }),
    getScaling: (async call => {
      const subject = await subjectOf(call)
      return answered(shownScaling(parts, subject, find(subject, 'Scaling')))
    }) satisfies Handler as Handler,
    deleteScaling: remover('Scaling'),
  }
}

/** Whether a list is to be about one function only. */
export function wantedFunction(call: Parameters<Handler>[0]): string | undefined {
  return queryOf(call, 'functionName')?.replace('$', '.')
}
