import type { Condition } from './conditions.ts'
import { compileConditions } from './conditions.ts'
import { duplicateMember } from './duplicate-member.ts'
import { policyError } from './errors.ts'
import { compileGlob, fits, type Glob } from './glob.ts'
import { compilePrincipals, type Names } from './principals.ts'
import { compileResource, isResource, type ResourceName, type ResourcePattern } from './resource-name.ts'

/** What a policy is attached to: users, groups and roles; a role, saying who may take it on; or one session of a role. */
export type PolicyKind = 'identity' | 'trust' | 'session'

/** Characters that a policy may have as JSON text, white space included (identity sections 1.1 and 4.1). */
export const policyLengthMax: Readonly<Record<PolicyKind, number>> = {
  identity: 6_144,
  trust: 2_048,
  session: 2_048,
}

/** A statement that has been compiled. */
export interface Statement {
  /** From 0. */
  readonly index: number
  readonly sid: string | undefined
  readonly effect: 'Allow' | 'Deny'
  /** In lower case: actions have no case here. */
  readonly actions: Listed<Glob>
  /** Trust policies have none: they are about their role. */
  readonly resources: Listed<ResourcePattern> | undefined
  readonly names: Names | undefined
  readonly condition: Condition | undefined
}

/** What a statement lists, or, with `Not` before it, all but that. */
interface Listed<Pattern> {
  readonly patterns: readonly Pattern[]
  readonly isNot: boolean
}

/** Whether a statement is about an action, in lower case, on a resource. */
export function covers({ actions, resources }: Statement, action: string, name: ResourceName): boolean {
  if (actions.patterns.some(pattern => fits(pattern, action)) === actions.isNot) return false
  return (
    resources === undefined ||
    resources.patterns.some(pattern => isResource(pattern, name)) !== resources.isNot
  )
}

/** A policy that has been checked and compiled; immutable. */
export interface Policy {
  readonly kind: PolicyKind
  readonly statements: readonly Statement[]
}

/**
 * Checks and compiles a policy, given as JSON text or as its value (identity section 2.1). Throws `policy.invalid`,
 * `policy.unknown-member`, `policy.unknown-operator`, `policy.duplicate-member` and `policy.too-large`, each with the place.
 */
export function parsePolicy(given: unknown, kind: PolicyKind = 'identity'): Policy {
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? null)
  const limit = policyLengthMax[kind]
  if (text.length > limit) {
    const message = `has ${text.length} characters, at most ${limit} are allowed`
    throw policyError('policy.too-large', '', message, { limit, seen: text.length })
  }
  const value = typeof given === 'string' ? parseText(given) : given
  const { Version, Statement: statements } = membersOf(value, '', ['Version', 'Statement'])
  if (Version !== '1') throw policyError('policy.invalid', 'Version', 'must be "1"')
  if (typeof statements !== 'object' || statements === null) {
    throw policyError('policy.invalid', 'Statement', 'must be a list of statements')
  }
  const list: unknown[] = Array.isArray(statements) ? statements : [statements]
  if (list.length === 0) throw policyError('policy.invalid', 'Statement', 'must have at least one statement')
  return { kind, statements: list.map((statement, index) => parseStatement(statement, index, kind)) }
}

function parseText(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw policyError('policy.invalid', '', 'is not well-formed JSON')
  }
  const twice = duplicateMember(text)
  if (twice !== undefined) throw policyError('policy.duplicate-member', twice, 'is there twice')
  return value
}

const commonMembers = ['Sid', 'Effect', 'Action', 'NotAction', 'Condition']
const memberNames: Readonly<Record<PolicyKind, readonly string[]>> = {
  identity: [...commonMembers, 'Resource', 'NotResource'],
  session: [...commonMembers, 'Resource', 'NotResource'],
  trust: [...commonMembers, 'Principal'],
}

function parseStatement(given: unknown, index: number, kind: PolicyKind): Statement {
  const path = `Statement[${index}]`
  const { Sid, Effect, Condition: conditions, ...rest } = membersOf(given, path, memberNames[kind])
  if (Effect !== 'Allow' && Effect !== 'Deny') {
    throw policyError('policy.invalid', `${path}.Effect`, 'must be "Allow" or "Deny"')
  }
  if (Sid !== undefined && typeof Sid !== 'string') {
    throw policyError('policy.invalid', `${path}.Sid`, 'must be a text')
  }
  const condition = parseCondition(conditions, `${path}.Condition`)
  const names =
    kind === 'trust'
      ? compilePrincipals(rest['Principal'], `${path}.Principal`, condition !== undefined)
      : undefined
  return {
    index,
    sid: Sid,
    effect: Effect,
    actions: parseActions(rest, path),
    resources: kind === 'trust' ? undefined : parseResources(rest, path),
    names,
    condition,
  }
}

/** `undefined` without one, and for `{}`, which always holds. */
function parseCondition(given: unknown, path: string): Condition | undefined {
  if (given === undefined) return undefined
  if (!isObject(given)) throw policyError('policy.invalid', path, 'must be an object of operators')
  return Object.keys(given).length === 0 ? undefined : compileConditions(given, path)
}

const actionExpression = /^(?:\*|[\w*?-]+:[\w*?./-]+)$/
const resourceExpression = /^(?:\*|acs:\S*)$/

function parseActions(given: Readonly<Record<string, unknown>>, path: string): Listed<Glob> {
  const { texts, isNot, place } = oneOf(given, 'Action', path)
  for (const text of texts) {
    if (actionExpression.test(text)) continue
    throw policyError('policy.invalid', place, 'must be * or like eventbridge:PutEvents')
  }
  return { patterns: texts.map(text => compileGlob(text.toLowerCase())), isNot }
}

function parseResources(given: Readonly<Record<string, unknown>>, path: string): Listed<ResourcePattern> {
  const { texts, isNot, place } = oneOf(given, 'Resource', path)
  for (const text of texts) {
    if (resourceExpression.test(text)) continue
    throw policyError('policy.invalid', place, 'must be * or like acs:eventbridge:*:*:eventbus/orders')
  }
  return { patterns: texts.map(compileResource), isNot }
}

/** The member or its negation: exactly one of the two must be there. */
function oneOf(
  given: Readonly<Record<string, unknown>>,
  name: string,
  path: string,
): { texts: string[]; isNot: boolean; place: string } {
  const isNot = given[`Not${name}`] !== undefined
  if (isNot === (given[name] !== undefined)) {
    throw policyError('policy.invalid', path, `must have either ${name} or Not${name}`)
  }
  const place = `${path}.${isNot ? 'Not' : ''}${name}`
  const value = given[isNot ? `Not${name}` : name]
  const texts: unknown[] = Array.isArray(value) ? value : [value]
  if (texts.length > 0 && texts.every(text => typeof text === 'string')) return { texts, isNot, place }
  throw policyError('policy.invalid', place, 'must be a text or a list of texts')
}

function membersOf(value: unknown, path: string, known: readonly string[]): Record<string, unknown> {
  if (!isObject(value)) throw policyError('policy.invalid', path, 'must be an object')
  const unknown = Object.keys(value).find(name => !known.includes(name))
  if (unknown === undefined) return value
  const place = path === '' ? unknown : `${path}.${unknown}`
  throw policyError('policy.unknown-member', place, `is not a member here; known are ${known.join(', ')}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
