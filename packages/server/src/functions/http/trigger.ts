import type { Random } from '@millrace/spi'
import {
  type Deployment,
  type FunctionView,
  latestVersion,
  type PartView,
  type TriggerSpec,
} from '../../resources/index.ts'
import { resolveDeployment } from '../control/index.ts'

/** A trigger of the kind `http`. */
export type HttpTrigger = PartView<Extract<TriggerSpec, { kind: 'http' }>>

/** The HTTP triggers of a function by their qualifiers, `LATEST` where none was named. */
export function httpTriggersOf(view: FunctionView): ReadonlyMap<string, HttpTrigger> {
  const triggers = new Map<string, HttpTrigger>()
  for (const trigger of view.triggers.values()) {
    const { spec } = trigger
    if (spec.kind === 'http') triggers.set(spec.qualifier ?? latestVersion, { ...trigger, spec })
  }
  return triggers
}

/** How a request to a function is to be handed over. */
export interface CallPlan {
  readonly qualifier: string
  /** Whether the code gets the request itself, instead of an event. */
  readonly answersHttp: boolean
}

/**
 * Decides how the forms that a qualifier stands for take requests. The two of a weighted alias may differ; then the draw
 * is made here, and the call names the version that was drawn. Throws as `resolveDeployment` does.
 */
export async function planCall(
  view: FunctionView,
  qualifier: string,
  answersHttp: (deployment: Deployment) => boolean | Promise<boolean>,
  random: Pick<Random, 'next'>,
): Promise<CallPlan> {
  const deployment = resolveDeployment(view, qualifier, random)
  const drawn = await answersHttp(deployment)
  const canary = view.aliases.get(qualifier)?.spec.canary
  if (canary === undefined) return { qualifier, answersHttp: drawn }
  for (const version of [canary.version, view.aliases.get(qualifier)?.spec.version]) {
    const other = version === undefined ? undefined : view.versions.get(version)
    if (other !== undefined && (await answersHttp(other.deployment)) !== drawn) {
      return { qualifier: deployment.version, answersHttp: drawn }
    }
  }
  return { qualifier, answersHttp: drawn }
}
