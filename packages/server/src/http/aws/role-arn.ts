import { roleNameOf } from '../../resources/index.ts'
import type { Call } from './operation.ts'
import { invalid } from './refusal.ts'

const roleArnExpression = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:[\w+=,.@-]+\/)*([^/]+)$/

/**
 * The role of the account that a `RoleArn` means, whatever its path; `undefined` without one. Whether it is there, trusts rules and allows
 * what is needed is judged when the rule is written. Throws `ValidationException` for what is no role of the account.
 */
export function innerRole(
  { account, owner }: Pick<Call, 'account' | 'owner'>,
  arn: string | undefined,
): string | undefined {
  if (arn === undefined) return undefined
  const [, of, name = ''] = roleArnExpression.exec(arn) ?? []
  const role = roleNameOf(account, of === owner ? name : arn)
  if (role === undefined) throw invalid(`Provided role '${arn}' is not one of the account ${owner}.`)
  return role
}

/** The ARN of a role: the one that was written, unless it has another role by now; `undefined` without a role. */
export function outerRole(
  { account, owner }: Pick<Call, 'account' | 'owner'>,
  role: string | undefined,
  written: unknown,
): string | undefined {
  if (role === undefined) return undefined
  const isOurs = typeof written === 'string' && innerRole({ account, owner }, written) === role
  return isOurs ? written : `arn:aws:iam::${owner}:role/${role}`
}
