import { Type } from 'typebox'
import { namePattern } from './names.ts'

/** The role by which a rule or stream acts. */
export const RoleName = Type.String({
  pattern: namePattern,
  description:
    'Role by which sinks, functions and connectors are used; it must trust `eventbridge.aliyuncs.com`. Without one: the rights of the account.',
})

const nameExpression = new RegExp(namePattern)

/** The name of a role of the account, given by itself or as an ARN; `undefined` for roles of elsewhere. */
export function roleNameOf(account: string, given: string): string | undefined {
  const [, owner, name] = /^acs:ram:[^:]*:(\d+):role\/(.+)$/.exec(given) ?? [undefined, account, given]
  return owner === account && name !== undefined && nameExpression.test(name) ? name : undefined
}
