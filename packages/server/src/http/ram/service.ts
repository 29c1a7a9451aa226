import { accessesOf, checkEveryAccess } from '../access.ts'
import {
  noSuchAction,
  RpcRefusal,
  type RpcRequest,
  type RpcService,
  type RpcServiceParts,
} from '../rpc-service.ts'
import { furtherAccess, operationAccess } from './access.ts'
import { accessKeyOperations } from './access-keys.ts'
import { refusedActions } from './actions.ts'
import { attachmentOperations } from './attachments.ts'
import { groupOperations } from './groups.ts'
import { Input } from './input.ts'
import type { Operation } from './operation.ts'
import { policyOperations } from './policies.ts'
import { policyVersionOperations } from './policy-versions.ts'
import { refusalOf } from './refusal.ts'
import { roleOperations } from './roles.ts'
import { userOf, userOperations } from './users.ts'

const version = '2015-05-01'

const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    ...userOperations,
    ...accessKeyOperations,
    ...groupOperations,
    ...roleOperations,
    ...policyOperations,
    ...policyVersionOperations,
    ...attachmentOperations,
  }),
)

/** The interface by which clients of Alibaba Cloud manage users, roles and policies (identity section 1.3). */
export function ramService(parts: Pick<RpcServiceParts, 'services' | 'permits'>): RpcService {
  checkEveryAccess('operations of RAM', operationAccess, operations.keys())
  return { version, answer: request => answer(parts, request), refusalOf }
}

function answer(
  { services, permits }: Pick<RpcServiceParts, 'services' | 'permits'>,
  { action, parameters, principal, raw }: RpcRequest,
): object | Promise<object> {
  const operation = operations.get(action)
  if (operation === undefined) throw notOffered(action)
  const { account, actor } = principal
  const input = new Input(parameters)
  const call = { services, account, actor, input }
  const isOfKeys = Object.hasOwn(accessKeyOperations, action)
  const named = { ...Object.fromEntries(parameters), ...(isOfKeys ? { UserName: userOf(call) } : {}) }
  const rules = [...(operationAccess[action] ?? []), ...furtherAccess(action, flag => input.flag(flag))]
  const place = { region: permits.region, account }
  permits.check(principal, () => accessesOf(rules, place, named, {}), raw)
  return operation(call)
}

function notOffered(action: string): RpcRefusal {
  const reason = Object.hasOwn(refusedActions, action) ? refusedActions[action] : undefined
  if (reason === undefined) return noSuchAction(action, version)
  return new RpcRefusal('InvalidAction.NotFound', `This server does not offer ${action}: ${reason}.`, 404)
}
