import type { ConditionContext } from './context.ts'
import { covers, type Policy, type Statement } from './policy.ts'
import type { Applicant } from './principals.ts'
import { type ResourceName, resourceName } from './resource-name.ts'

/** What somebody wants to do. */
export interface PolicyRequest {
  /** Such as `eventbridge:PutEvents`. */
  readonly action: string
  /** An ARN, or `*` for what is about no resource. */
  readonly resource: string
  readonly context: ConditionContext
  /** Who asks to take on a role; needed where trust policies are asked. */
  readonly applicant?: Applicant
}

/** A policy under its name, with what brought it, such as `group operators`. */
export interface Attached {
  readonly name: string
  readonly via: string
  readonly policy: Policy
}

/** The policies that are asked, by what they belong to (identity section 2.4). A set that is absent is not asked. */
export interface PolicySets {
  /** The most that an account may do. */
  readonly control?: readonly Attached[]
  /** Of one session of a role. */
  readonly session?: readonly Attached[]
  /** Of the user with its groups, or of the role. Absent for services, which have none. */
  readonly identity?: readonly Attached[]
  /** Of the resource: the trust policy of a role. */
  readonly resource?: readonly Attached[]
}

export type Outcome = 'allow' | 'explicit-deny' | 'implicit-deny'
export type PolicyLayer = keyof PolicySets

/** What was decided, and by what. */
export interface Decision {
  readonly outcome: Outcome
  /** The set that settled it. */
  readonly layer: PolicyLayer
  /** The statement that settled it; absent when no statement applied. */
  readonly by?: { readonly policy: Attached; readonly statement: Statement }
}

const assumeRole = 'sts:assumerole'

/** The decision of identity section 2.4: a denial wins, and what nobody allows is denied. */
export function decide(sets: PolicySets, request: PolicyRequest): Decision {
  const asked: Asked = {
    request,
    action: request.action.toLowerCase(),
    name: resourceName(request.resource),
  }
  for (const layer of ['control', 'session'] as const) {
    const bound = basic(sets[layer], layer, asked)
    if (bound !== undefined && bound.outcome !== 'allow') return bound
  }
  const identity = basic(sets.identity, 'identity', asked)
  const resource = basic(sets.resource, 'resource', asked)
  const both = [identity, resource].filter(decision => decision !== undefined)
  const denied = both.find(({ outcome }) => outcome === 'explicit-deny')
  if (denied !== undefined) return denied
  const allowed = both.find(({ outcome }) => outcome === 'allow')
  const refused = both.find(({ outcome }) => outcome === 'implicit-deny')
  const nobody: Decision = { outcome: 'implicit-deny', layer: 'identity' }
  // A role is taken on only if who takes it and the role itself both allow it.
  if (asked.action === assumeRole) {
    const hasTrust = resource !== undefined
    return refused ?? (hasTrust ? allowed : undefined) ?? { ...nobody, layer: 'resource' }
  }
  return allowed ?? refused ?? nobody
}

interface Asked {
  readonly request: PolicyRequest
  readonly action: string
  readonly name: ResourceName
}

/** The decision of one set; `undefined` for a set that is not there. */
function basic(set: readonly Attached[] | undefined, layer: PolicyLayer, asked: Asked): Decision | undefined {
  if (set === undefined) return undefined
  let allowed: Decision | undefined
  for (const policy of set) {
    for (const statement of policy.policy.statements) {
      if (statement.effect === 'Allow' && allowed !== undefined) continue
      if (!applies(statement, asked)) continue
      const by = { policy, statement }
      if (statement.effect === 'Deny') return { outcome: 'explicit-deny', layer, by }
      allowed = { outcome: 'allow', layer, by }
    }
  }
  return allowed ?? { outcome: 'implicit-deny', layer }
}

function applies(statement: Statement, { action, name, request }: Asked): boolean {
  if (!covers(statement, action, name)) return false
  const { names, condition } = statement
  if (names !== undefined && (request.applicant === undefined || !names(request.applicant))) return false
  return condition === undefined || condition(request.context)
}
