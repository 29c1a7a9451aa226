import { policyError } from './errors.ts'

/** Who asks to take on a role, as trust policies name it. */
export type Applicant =
  | {
      readonly kind: 'user' | 'role'
      readonly account: string
      readonly name: string
      readonly session?: string
    }
  /** The key of an account itself. */
  | { readonly kind: 'root'; readonly account: string }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'federated'; readonly provider: string }

/** Whether the principals of a statement name somebody. */
export type Names = (applicant: Applicant) => boolean

const accountExpression = /^acs:ram:[^:]*:(\d{1,20}):root$/
const identityExpression = /^acs:ram:[^:]*:(\d{1,20}):(user|role|assumed-role)\/([\w.@-]+)(?:\/([\w.@-]+))?$/
const kinds = ['RAM', 'Service', 'Federated'] as const

/** Compiles `Principal` of a trust policy (identity section 2.6). Throws `policy.invalid` and `policy.unknown-member`. */
export function compilePrincipals(given: unknown, path: string, hasCondition: boolean): Names {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw policyError('policy.invalid', path, `must be an object with ${kinds.join(', ')}`)
  }
  const entries = Object.entries(given)
  if (entries.length === 0) throw policyError('policy.invalid', path, 'must name somebody')
  const all = entries.flatMap(([kind, value]) => {
    const place = `${path}.${kind}`
    return texts(value, place).map(text => compileOne(kind, text, place, hasCondition))
  })
  return applicant => all.some(names => names(applicant))
}

function compileOne(kind: string, text: string, path: string, hasCondition: boolean): Names {
  switch (kind) {
    case 'RAM':
      return compileIdentity(text, path, hasCondition)
    case 'Service':
      if (!/^[a-z0-9.-]+\.aliyuncs\.com$/.test(text)) {
        throw policyError('policy.invalid', path, 'must be the name of a service such as fc.aliyuncs.com')
      }
      return applicant => applicant.kind === 'service' && applicant.name === text
    case 'Federated':
      if (!/^acs:ram:[^:]*:\d{1,20}:(?:saml|oidc)-provider\/[\w.-]+$/.test(text)) {
        throw policyError('policy.invalid', path, 'must be the ARN of a provider of identities')
      }
      return applicant => applicant.kind === 'federated' && applicant.provider === text
    default:
      throw policyError('policy.unknown-member', path, `is not one of ${kinds.join(', ')}`)
  }
}

function compileIdentity(text: string, path: string, hasCondition: boolean): Names {
  if (text === '*') {
    if (hasCondition) return applicant => applicant.kind === 'user' || applicant.kind === 'role'
    throw policyError(
      'policy.invalid',
      path,
      'may be * only beside a Condition: everybody could take on the role',
    )
  }
  const account = accountExpression.exec(text)?.[1]
  if (account !== undefined) {
    return applicant =>
      (applicant.kind === 'user' || applicant.kind === 'role') && applicant.account === account
  }
  const [, owner, given, name, session] = identityExpression.exec(text) ?? []
  const kind = given === 'user' ? 'user' : 'role'
  const isWhole = given === 'assumed-role' ? session !== undefined : given === 'role' || session === undefined
  if (name === undefined || !isWhole) {
    throw policyError('policy.invalid', path, 'must be the ARN of an account, user or role')
  }
  return applicant =>
    applicant.kind === kind &&
    applicant.account === owner &&
    applicant.name === name &&
    (session === undefined || applicant.session === session)
}

function texts(value: unknown, path: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every(item => typeof item === 'string')) return list
  throw policyError('policy.invalid', path, 'must be a text or a list of texts')
}
