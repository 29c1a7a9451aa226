import { AppError, retryNever } from '@millrace/spi'
import type { RoleService, ServiceRoles, TemporaryCredentials } from '../auth/index.ts'
import type { SinkUse } from '../delivery/index.ts'
import { callBusKey } from '../functions/index.ts'
import { arnOf } from '../http/index.ts'
import {
  type AsyncSpec,
  busKey,
  type Deployment,
  type FunctionSpec,
  type FunctionView,
  type Need,
  needOfConnector,
  needsOfFunction,
  needsOfSink,
  type RoleNeeds,
  roleNameOf,
  roleNeedsOfRule,
  roleNeedsOfStream,
  type RuleSpec,
  type SinkSpec,
  type Snapshot,
  type StreamSpec,
  type StreamView,
  tagsOfResource,
} from '../resources/index.ts'

export interface WiringRolesParts {
  readonly roles: () => Pick<ServiceRoles, 'refusal' | 'has' | 'credentials'>
  readonly snapshot: () => Snapshot
  readonly region: string
  /** Whether rules and streams without a role are refused. */
  readonly requireRoles: boolean
}

/** What a sink is used for, as far as its role depends on it. */
type RoleSinkUse = Pick<SinkUse, 'queue' | 'part'>

/** By which role something is done, and what part of the platform does it. */
interface ActingRole {
  readonly role: string
  readonly service: RoleService
}

/**
 * Holds rules, streams and functions to their roles (identity section 3): when they are written, and whenever they use a sink or
 * source. What has no role has the rights of its account.
 */
export class WiringRoles {
  readonly #parts: WiringRolesParts

  constructor(parts: WiringRolesParts) {
    this.#parts = parts
  }

  /** Throws `role.required`, `role.not-found`, `role.not-trusting`, `role.insufficient`. */
  checkRule(account: string, spec: RuleSpec): void {
    this.#check(account, 'rule', roleNeedsOfRule(spec))
  }

  /** The same for a stream. */
  checkStream(account: string, spec: StreamSpec): void {
    this.#check(account, 'stream', roleNeedsOfStream(spec))
  }

  /**
   * A role of a function must trust functions, and allow what its destinations need. Without destinations it need not be there yet: code is
   * often brought before its roles, and gets no credentials until then.
   */
  checkFunction(account: string, spec: FunctionSpec, async: FunctionView['async'] = new Map()): void {
    const acting = this.#ofFunction(account, spec)
    if (acting === undefined) return
    const needs = needsOfFunction({ async })
    if (needs.length > 0 || this.#parts.roles().has(account, acting.role)) {
      this.#throw(this.#refusal(account, acting, needs))
    }
  }

  /** Whether the role of a function allows its destinations. */
  checkAsync(account: string, name: string, { onSuccess, onFailure }: AsyncSpec): void {
    const spec = this.#parts.snapshot().functions.get(busKey(account, name))?.spec
    const acting = spec === undefined ? undefined : this.#ofFunction(account, spec)
    const needs = [onSuccess, onFailure].filter(sink => sink !== undefined).map(needsOfSink)
    if (acting !== undefined && needs.length > 0) this.#throw(this.#refusal(account, acting, needs))
  }

  /** Why whoever a queue belongs to may not use a sink, as a part of it, now; `undefined` when it may. */
  refusalOfSink(account: string, sink: SinkSpec, { queue, part }: RoleSinkUse): AppError | undefined {
    const acting = this.#ofQueue(queue, part)
    return acting === undefined ? undefined : this.#refusal(account, acting, [needsOfSink(sink)])
  }

  /** Why a stream may not read its source now. */
  refusalOfSource({ account, spec }: StreamView): AppError | undefined {
    const acting = ofWiring(spec.roles?.source ?? spec.role)
    return acting === undefined ? undefined : this.#refusal(account, acting, [needOfConnector(spec.source)])
  }

  /** Temporary credentials for a form of a function; `undefined` without a role that is there. */
  credentialsOf({ account, name, spec }: Deployment): TemporaryCredentials | undefined {
    const acting = this.#ofFunction(account, spec)
    return acting && this.#parts.roles().credentials(account, acting.role, name)
  }

  #check(account: string, kind: string, all: readonly RoleNeeds[]): void {
    for (const { role, needs } of all) {
      const acting = ofWiring(role)
      if (acting !== undefined) this.#throw(this.#refusal(account, acting, needs))
      else if (this.#parts.requireRoles) throw roleRequired(kind)
    }
  }

  #throw(refusal: AppError | undefined): void {
    if (refusal !== undefined) throw refusal
  }

  #refusal(account: string, acting: ActingRole, needs: readonly Need[]): AppError | undefined {
    const place = { region: this.#parts.region, account }
    const accesses = needs.map(({ action, resource }) => ({
      action,
      resource: arnOf(action, resource, place),
    }))
    const resourceTags = (resource: string) => tagsOfResource(this.#parts.snapshot(), resource)
    return this.#parts.roles().refusal({ account, ...acting, accesses, resourceTags })
  }

  /** Also one that is not there: whoever acts by it may do nothing. Roles of other accounts cannot be taken on here, and count as none. */
  #ofFunction(account: string, { role }: Pick<FunctionSpec, 'role'>): ActingRole | undefined {
    const name = role === undefined ? undefined : roleNameOf(account, role)
    return name === undefined ? undefined : { role: name, service: 'fc.aliyuncs.com' }
  }

  /** Queues are named by what they belong to: a target of a rule, a stream, or the outcomes of a function's calls. */
  #ofQueue(queue: string, part: RoleSinkUse['part']): ActingRole | undefined {
    const [first = '', second = '', third = '', fourth = ''] = queue.split('/')
    const { streams, buses, functions } = this.#parts.snapshot()
    if (first === 'stream') {
      const spec = streams.get(busKey(second, third))?.spec
      return ofWiring((part === 'sink' ? spec?.roles?.sink : undefined) ?? spec?.role)
    }
    const bus = busKey(first, second)
    if (bus !== callBusKey(first)) {
      const spec = buses.get(bus)?.rules.get(third)?.spec
      // Behind the name of a target stands that of a replay.
      const [id] = fourth.split('@', 1)
      const target = part === 'sink' ? spec?.targets.find(one => one.id === id) : undefined
      return ofWiring(target?.role ?? spec?.role)
    }
    const [name = ''] = third.split('@', 1)
    const view = functions.get(busKey(first, name))
    return view === undefined ? undefined : this.#ofFunction(first, view.spec)
  }
}

function ofWiring(role: string | undefined): ActingRole | undefined {
  return role === undefined ? undefined : { role, service: 'eventbridge.aliyuncs.com' }
}

function roleRequired(kind: string): AppError {
  const message = `this server takes no ${kind} without a role (MILLRACE_REQUIRE_ROLES)`
  return new AppError('role.required', message, retryNever, { details: { path: 'role' } })
}
