import { Type } from 'typebox'
import { namePattern } from './names.ts'

/** The role by which a rule or stream acts. */
export const RoleName = roleFor(
  'Role by which sinks, functions and connectors are used; it must trust `eventbridge.aliyuncs.com`. Without one: the rights of the account.',
)

/** The role by which one part of them acts; `what` says of which one, and in whose place. */
export function PartRoleName(what: string) {
  return roleFor(`Role by which ${what} is used, in place of \`role\`.`)
}

function roleFor(description: string) {
  return Type.String({ pattern: namePattern, description })
}

const nameExpression = new RegExp(namePattern)

/** The name of a role of the account, given by itself or as an ARN; `undefined` for roles of elsewhere. */
export function roleNameOf(account: string, given: string): string | undefined {
  const [, owner, name] = /^acs:ram:[^:]*:(\d+):role\/(.+)$/.exec(given) ?? [undefined, account, given]
  return owner === account && name !== undefined && nameExpression.test(name) ? name : undefined
}
