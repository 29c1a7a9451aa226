import type { Control } from './control.ts'
import { rolesOfRule, rolesOfStream } from './needs.ts'
import { roleNameOf } from './role-name.ts'
import type { FunctionView, RoleView } from './snapshot.ts'

/** The first rule, stream or function of the account that acts by the role; `undefined` when none does. */
export function userOfRole(
  control: Control,
  { account, name }: Pick<RoleView, 'account' | 'name'>,
): string | undefined {
  for (const bus of control.buses.values()) {
    if (bus.account !== account) continue
    for (const rule of bus.getView().rules.values()) {
      if (rolesOfRule(rule.spec).includes(name)) return `rule ${bus.name}/${rule.name}`
    }
  }
  for (const stream of control.streams.values()) {
    if (stream.account === account && rolesOfStream(stream.spec).includes(name))
      return `stream ${stream.name}`
  }
  for (const view of control.functions.values()) {
    if (view.account === account && rolesOfFunction(view).has(name)) return `function ${view.name}`
  }
  return undefined
}

/** Those of the account that `LATEST` or a published version names. */
function rolesOfFunction({ account, latest, versions }: FunctionView): Set<string | undefined> {
  const deployments = [latest, ...[...versions.values()].map(({ deployment }) => deployment)]
  return new Set(deployments.map(({ spec }) => spec.role && roleNameOf(account, spec.role)))
}
