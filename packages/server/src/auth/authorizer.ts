import { AppError, type Clock, retryNever } from '@millrace/spi'
import { type Actor, actorArn, applicantOf } from './actor.ts'
import type { Principal } from './authenticator.ts'
import type { IdentitySource } from './identity-source.ts'
import {
  type Applicant,
  type Attached,
  type ConditionContext,
  decide,
  type Decision,
  parsePolicy,
  type Policy,
  type PolicyKind,
  type PolicySets,
  systemPolicies,
} from './policy/index.ts'

/** One thing that is done to one resource, in the one vocabulary of all interfaces. */
export interface Access {
  /** Such as `eventbridge:PutEvents`, whatever the interface calls it. */
  readonly action: string
  /** An ARN, or `*`. */
  readonly resource: string
}

/** What is known of a request besides. */
export interface RequestFacts {
  /** Address of the caller as this node sees it. */
  readonly peer: string
  readonly isSecure: boolean
  readonly userAgent: string | undefined
  /** Further values of conditions, such as `sts:ExternalId`. */
  readonly further?: Readonly<Record<string, string>>
  /** Of what an access is about; `undefined` for what has none. */
  readonly resourceTags?: (resource: string) => Tags | undefined
  /** Those that the request gives. Asked for only when a condition does. */
  readonly requestTags?: () => Tags | undefined
}

type Tags = Readonly<Record<string, string>>

/** What a decision was about, and how it came out, for people. */
export interface Explanation extends Access {
  /** Who, as an ARN. */
  readonly principal: string
  readonly outcome: Decision['outcome'] | 'root'
  readonly layer?: Decision['layer']
  /** The statement that decided; absent when none applied. */
  readonly by?: {
    readonly policy: string
    readonly via: string
    readonly statement: number
    readonly sid?: string
    readonly effect: 'Allow' | 'Deny'
  }
  /** Every policy that was asked. */
  readonly asked: readonly { readonly policy: string; readonly via: string }[]
}

/** The policies of somebody, compiled, as of one state of the documents. */
interface Known {
  readonly source: IdentitySource
  readonly policies: readonly Attached[]
}

/** Principals whose policies are kept compiled. All are dropped when there are more. */
export const compiledPrincipalsMax = 20_000

/**
 * Decides who may do what, by the policies as they are at the moment (identity section 2.4). Keys of accounts may do everything;
 * all others what a policy allows and none denies. Policies are compiled once for each form of their document.
 */
export class Authorizer {
  readonly #source: () => IdentitySource
  readonly #clock: Clock
  readonly #system = systemPolicies()
  /** Stands in for a policy that is not there or cannot be read. */
  readonly #denial = parsePolicy({
    Version: '1',
    Statement: { Sid: 'unreadable', Effect: 'Deny', Action: '*', Resource: '*' },
  })
  readonly #compiled = new WeakMap<object, Policy>()
  readonly #known = new Map<string, Known>()

  constructor(source: () => IdentitySource, clock: Clock) {
    this.#source = source
    this.#clock = clock
  }

  /** Why something is not allowed; `undefined` when all of it is. The first refusal counts. */
  refusal(
    { account, actor }: Principal,
    accesses: readonly Access[],
    facts: RequestFacts,
  ): AppError | undefined {
    if (actor.kind === 'root') return undefined
    for (const access of accesses) {
      const context = this.#context(account, actor, access, facts)
      const decision = decide(this.#sets(account, actor, access), {
        ...access,
        context,
        applicant: applicantOf(account, actor),
      })
      if (decision.outcome !== 'allow') return forbidden(actorArn(account, actor), access, decision)
    }
    return undefined
  }

  /** Whether the trust policy of a role lets a service take it on: there only the trust counts (identity section 2.4). */
  trusts(account: string, role: string, service: string): boolean {
    const resource = `acs:ram::${account}:role/${role}`
    const trust = this.#trustOf(this.#source(), resource)
    const applicant: Applicant = { kind: 'service', name: service }
    const asked = { action: 'sts:AssumeRole', resource, applicant, context: () => undefined }
    return trust !== undefined && decide({ resource: trust }, asked).outcome === 'allow'
  }

  /** Which statement decides, for a request without any facts but those given. */
  explain(account: string, actor: Actor, access: Access, facts: RequestFacts): Explanation {
    const principal = actorArn(account, actor)
    if (actor.kind === 'root') return { ...access, principal, outcome: 'root', asked: [] }
    const sets = this.#sets(account, actor, access)
    const { outcome, layer, by } = decide(sets, {
      ...access,
      context: this.#context(account, actor, access, facts),
      applicant: applicantOf(account, actor),
    })
    const asked = Object.values(sets as Readonly<Record<string, readonly Attached[]>>).flat()
    return {
      ...access,
      principal,
      outcome,
      layer,
      ...(by === undefined
        ? {}
        : {
            by: {
              policy: by.policy.name,
              via: by.policy.via,
              statement: by.statement.index,
              effect: by.statement.effect,
              ...(by.statement.sid === undefined ? {} : { sid: by.statement.sid }),
            },
          }),
      asked: asked.map(({ name, via }) => ({ policy: name, via })),
    }
  }

  #sets(account: string, actor: Exclude<Actor, { kind: 'root' }>, { action, resource }: Access): PolicySets {
    const identity = this.#policiesOf(account, actor)
    const trust =
      action.toLowerCase() === 'sts:assumerole' ? this.#trustOf(this.#source(), resource) : undefined
    const session =
      actor.kind === 'session' && actor.policy !== undefined
        ? [{ name: 'session policy', via: `session ${actor.session}`, policy: actor.policy }]
        : undefined
    return {
      ...(session === undefined ? {} : { session }),
      identity,
      ...(trust === undefined ? {} : { resource: trust }),
    }
  }

  #trustOf(source: IdentitySource, arn: string): Attached[] | undefined {
    const [, account = '', name = ''] = /^acs:ram:[^:]*:(\d*):role\/([^/]+)$/.exec(arn) ?? []
    const role = source.roles.get(`${account}/${name}`)
    if (role === undefined) return undefined
    return [{ name: 'trust policy', via: `role ${name}`, policy: this.#compile(role.spec.trust, 'trust') }]
  }

  #policiesOf(account: string, actor: Exclude<Actor, { kind: 'root' }>): readonly Attached[] {
    const source = this.#source()
    const name = actor.kind === 'user' ? actor.name : actor.role
    const key = `${actor.kind}/${account}/${name}`
    const known = this.#known.get(key)
    if (known?.source === source) return known.policies
    const policies =
      actor.kind === 'user' ? this.#ofUser(source, account, name) : this.#ofRole(source, account, name)
    if (this.#known.size >= compiledPrincipalsMax) this.#known.clear()
    this.#known.set(key, { source, policies })
    return policies
  }

  #ofUser(source: IdentitySource, account: string, name: string): Attached[] {
    const user = source.users.get(`${account}/${name}`)
    if (user === undefined) return []
    const own = this.#attached(source, account, user.spec.policies, `user ${name}`)
    const ofGroups = user.spec.groups.flatMap(group =>
      this.#attached(
        source,
        account,
        source.groups.get(`${account}/${group}`)?.spec.policies ?? [],
        `group ${group}`,
      ),
    )
    return [...own, ...ofGroups]
  }

  #ofRole(source: IdentitySource, account: string, name: string): Attached[] {
    const role = source.roles.get(`${account}/${name}`)
    return role === undefined ? [] : this.#attached(source, account, role.spec.policies, `role ${name}`)
  }

  #attached(source: IdentitySource, account: string, names: readonly string[], via: string): Attached[] {
    return names.map(name => {
      const custom = source.policies.get(`${account}/${name}`)
      const policy =
        custom === undefined
          ? (this.#system.get(name)?.policy ?? this.#denial)
          : this.#compile(custom.spec.document, 'identity')
      return { name, via, policy }
    })
  }

  /** A document that was stored and is none of the language any more denies everything: an answer must not get wider by failing. */
  #compile(document: object, kind: PolicyKind): Policy {
    const known = this.#compiled.get(document)
    if (known !== undefined) return known
    let policy = this.#denial
    try {
      policy = parsePolicy(document, kind)
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown
    }
    this.#compiled.set(document, policy)
    return policy
  }

  /** Values are made when a condition asks for them. */
  #context(account: string, actor: Actor, { resource }: Access, facts: RequestFacts): ConditionContext {
    return key => {
      switch (key) {
        case 'acs:sourceip':
          return [facts.peer]
        case 'acs:securetransport':
          return [String(facts.isSecure)]
        case 'acs:currenttime':
          return [new Date(this.#clock.nowMs()).toISOString()]
        case 'acs:principalarn':
          return [actorArn(account, actor)]
        case 'acs:useragent':
          return facts.userAgent === undefined ? undefined : [facts.userAgent]
        default: {
          const value = facts.further?.[key] ?? tagOf(key, resource, facts)
          return value === undefined ? undefined : [value]
        }
      }
    }
  }
}

/** The value of a tag that a key of conditions names; `undefined` for other keys, and for tags that are not there. */
function tagOf(key: string, resource: string, facts: RequestFacts): string | undefined {
  const [, kind, name = ''] = /^acs:(resource|request)tag\/(.+)$/.exec(key) ?? []
  if (kind === undefined) return undefined
  const tags = kind === 'resource' ? facts.resourceTags?.(resource) : facts.requestTags?.()
  return tags !== undefined && Object.hasOwn(tags, name) ? tags[name] : undefined
}

/** The details are for records: who, what, on which, and whether a statement said so. */
export function forbidden(
  principal: string,
  { action, resource }: Access,
  { outcome, layer }: Pick<Decision, 'outcome' | 'layer'>,
): AppError {
  const reason = outcome === 'explicit-deny' ? 'a policy denies it' : 'no policy allows it'
  return new AppError(
    'auth.forbidden',
    `${principal} is not authorized to perform '${action}' on resource '${resource}': ${reason}`,
    retryNever,
    { details: { principal, action, resource, denial: outcome, layer } },
  )
}
