import type { AsyncSpec } from './function-parts.ts'
import type { RuleSpec } from './resources.ts'
import type { StreamSpec } from './streams.ts'
import type { Transport } from './transport.ts'

/** A document of the policy language (RAM, version 1). */
export interface PolicyDocument {
  Version: '1'
  Statement: PolicyStatement[] | PolicyStatement
}

export interface PolicyStatement {
  Sid?: string
  Effect: 'Allow' | 'Deny'
  Action?: string | string[]
  NotAction?: string | string[]
  Resource?: string | string[]
  NotResource?: string | string[]
  /** In the trust policy of a role only: who may take it on. */
  Principal?: Record<string, string | string[]>
  Condition?: Record<string, Record<string, string | number | boolean | (string | number | boolean)[]>>
}

/** A person or a program. */
export interface UserSpec {
  description?: string
  /** Names of policies, those of the system included. */
  policies?: string[]
  groups?: string[]
}

/** Policies that several users have. */
export interface GroupSpec {
  description?: string
  policies?: string[]
}

/** Rights that others take on for a while. */
export interface RoleSpec {
  description?: string
  policies?: string[]
  trust: PolicyDocument
  /** 3,600 unless told, 43,200 at most. */
  sessionSecondsMax?: number
}

export interface PolicySpec {
  description?: string
  document: PolicyDocument
  /** Kept by the server: each document that differs is a version. Leave it out, or send it back as it was read. */
  versions?: {
    /** The version in force, whose document is that of the policy. */
    default: string
    createdAtMs: number
    /** Number of the next version. */
    next: number
    kept: { id: string; createdAtMs: number; document: PolicyDocument }[]
  }
}

/** A key of a user, without its secret. */
export interface AccessKey {
  id: string
  user: string
  description: string
  disabled: boolean
  createdAtMs: number
  updatedAtMs: number
}

/** A key that was just made: the one time at which its secret is shown. */
export interface NewAccessKey extends AccessKey {
  secret: string
  /** Id and secret as a client takes them. */
  token: string
}

/** Temporary credentials of a role. */
export interface RoleSession {
  accessKeyId: string
  accessKeySecret: string
  securityToken: string
  expiresAtMs: number
  principal: string
}

export interface RoleSessionOptions {
  /** Names the session in records and refusals: 2 to 64 characters. */
  session: string
  durationSeconds?: number
  /** What the session may do at most. */
  policy?: PolicyDocument
  externalId?: string
}

/** Whether somebody may do something, and what decides. */
export interface AccessExplanation {
  principal: string
  action: string
  resource: string
  outcome: 'root' | 'allow' | 'explicit-deny' | 'implicit-deny'
  layer?: string
  /** The statement that decided; absent when none applied. */
  by?: { policy: string; via: string; statement: number; sid?: string; effect: 'Allow' | 'Deny' }
  asked: { policy: string; via: string }[]
}

/** What a policy is generated for. */
export type Wired =
  | { readonly bus: string; readonly rule: string }
  | { readonly stream: string }
  | { readonly function: string }

/** The least that a role must allow, and whom it must trust. */
export interface NeededPolicy {
  service: string
  /** Absent when nothing has to be allowed. */
  document?: PolicyDocument
  /** What the policy cannot know. */
  notes: string[]
}

/** What a wiring wants roles for: its rules and streams, and of its functions how their asynchronous calls end. */
export interface WiringParts {
  readonly rules: readonly RuleSpec[]
  readonly streams: readonly StreamSpec[]
  readonly functions: readonly { readonly role?: string; readonly async: readonly AsyncSpec[] }[]
}

/** The least that a role must allow for all that a wiring has it for. */
export interface RolePolicy {
  role: string
  /** Whom it must trust. */
  services: string[]
  /** Absent when nothing has to be allowed. */
  document?: PolicyDocument
}

/** Where the policy of something wired is found. */
export function neededPolicyPath(wired: Wired): string {
  const of = (...parts: string[]): string =>
    `/api/v1/${parts.map(encodeURIComponent).join('/')}/needed-policy`
  if ('rule' in wired) return of('buses', wired.bus, 'rules', wired.rule)
  return 'stream' in wired ? of('streams', wired.stream) : of('functions', wired.function)
}

/** Who a key stands for. */
export interface Caller {
  account: string
  keyId: string
  kind: 'root' | 'user' | 'session'
  principal: string
  expiresAtMs?: number
}

/** The keys of one user. */
export class AccessKeysClient {
  private readonly transport: Transport
  private readonly path: string

  constructor(transport: Transport, user: string) {
    this.transport = transport
    this.path = `/api/v1/users/${encodeURIComponent(user)}/keys`
  }

  /** The oldest first. */
  async list(): Promise<AccessKey[]> {
    const { items } = await this.transport.json<{ items: AccessKey[] }>('GET', this.path)
    return items
  }

  create(options: { description?: string } = {}): Promise<NewAccessKey> {
    return this.transport.json('POST', this.path, options)
  }

  change(id: string, change: { description?: string; disabled?: boolean }): Promise<AccessKey> {
    return this.transport.json('PATCH', `${this.path}/${encodeURIComponent(id)}`, change)
  }

  delete(id: string): Promise<void> {
    return this.transport.json('DELETE', `${this.path}/${encodeURIComponent(id)}`)
  }
}
