import { apiDestinationArn, apiDestinations, readApiDestination } from './api-destination.ts'
import { busesOf } from './bus-access.ts'
import { changeRule } from './change-rule.ts'
import { foreignOf } from './foreign.ts'
import type { Call } from './operation.ts'
import type { RuleView, TargetSpec } from '../../resources/index.ts'
import type { TargetEntry } from './target-entry.ts'
import { targetSpec } from './target-spec.ts'

/** A rule with targets of this interface that send to a place. */
export interface RuleUse {
  readonly bus: string
  readonly rule: RuleView
}

/** The rules that have one of these ARNs as a target. */
export function usesOf({ services, account }: Call, arns: ReadonlySet<string>): RuleUse[] {
  return busesOf(services, account).flatMap(({ name, rules }) =>
    [...rules.values()]
      .filter(({ spec }) => spec.targets.some(target => arns.has(arnOfTarget(target))))
      .map(rule => ({ bus: name, rule })),
  )
}

/** Writes the targets with these ARNs anew, as they were written by this interface: what they go by has changed. */
export async function rewriteTargets(call: Call, arns: ReadonlySet<string>): Promise<void> {
  for (const { bus, rule } of usesOf(call, arns)) {
    const written = new Map<string, object>()
    for (const target of rule.spec.targets) {
      if (!arns.has(arnOfTarget(target))) continue
      const entry = foreignOf(target.foreign) as unknown as TargetEntry
      written.set(target.id, await targetSpec(call, bus, rule.name, entry))
    }
    await changeRule(call, bus, rule.name, spec => ({
      ...spec,
      targets: spec.targets.map(one => ({ ...(written.get(one.id) ?? one), paused: one.paused })),
    }))
  }
}

/** The same for all API destinations of a connection. */
export async function rewriteTargetsOfConnection(call: Call, name: string): Promise<void> {
  const { items } = await apiDestinations(call).list(call.account, { limit: 1_000 })
  const own = items.map(readApiDestination).filter(({ connection }) => connection === name)
  if (own.length > 0) await rewriteTargets(call, new Set(own.map(one => apiDestinationArn(call, one))))
}

function arnOfTarget({ foreign }: TargetSpec): string {
  const { Arn } = foreignOf(foreign)
  return typeof Arn === 'string' ? Arn : ''
}
