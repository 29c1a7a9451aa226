import type { FastifyRequest } from 'fastify'
import { accessesOf, type AccessRule } from '../access.ts'
import type { Permits } from '../permits.ts'
import { requestTags } from '../request-tags.ts'
import type { Call } from './action.ts'

/** Asks for the permissions of an action, with the members of its input, and for those to hand over the roles that it names. */
export function permitter(
  permits: Permits,
  rules: readonly AccessRule[],
  { principal, raw }: FastifyRequest,
): Pick<Call, 'permit' | 'passRoles'> {
  return {
    permit: input => {
      const params = input as Readonly<Record<string, string | undefined>>
      const place = { region: permits.region, account: principal.account }
      permits.check(
        principal,
        () => accessesOf(rules, place, params, {}),
        raw,
        () => requestTags(input['Tags']),
      )
    },
    passRoles: roles => permits.checkPass(principal, { roles, service: 'eventbridge.aliyuncs.com' }, raw),
  }
}
