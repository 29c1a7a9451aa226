import { newAccessKey } from '../../auth/index.ts'
import type { AccessKeyView } from '../../resources/index.ts'
import type { Operation } from './operation.ts'
import { timeText } from './paging.ts'
import { RpcRefusal } from '../rpc-service.ts'
import { userOf } from './users.ts'

const statuses = ['Active', 'Inactive'] as const

/** Keys of users; who names none means his own. Those of the account itself are not the platform's to make. */
export const accessKeyOperations: Readonly<Record<string, Operation>> = {
  CreateAccessKey: async call => {
    const { services, account } = call
    const { id, secret } = newAccessKey()
    const made = { id, secret, description: '' }
    const key = await services.resources.accessKeys.create(account, userOf(call), made)
    return { AccessKey: { ...keyView(key), AccessKeySecret: secret } }
  },
  UpdateAccessKey: async call => {
    const { services, account, input } = call
    const status = input.word('Status', statuses)
    if (status === undefined) throw new RpcRefusal('MissingParameter', 'The parameter "Status" is needed.')
    const disabled = status === 'Inactive'
    const id = input.required('UserAccessKeyId')
    await services.resources.accessKeys.change(account, userOf(call), id, { disabled })
    return {}
  },
  ListAccessKeys: call => {
    const { services, account } = call
    const user = userOf(call)
    services.resources.users.get(account, user)
    return { AccessKeys: { AccessKey: services.resources.accessKeys.list(account, user).map(keyView) } }
  },
  DeleteAccessKey: async call => {
    const { services, account, input } = call
    await services.resources.accessKeys.delete(account, userOf(call), input.required('UserAccessKeyId'))
    return {}
  },
}

/** Never the secret, sealed or not. */
function keyView({ id, disabled, createdAtMs }: AccessKeyView) {
  return {
    AccessKeyId: id,
    Status: disabled ? 'Inactive' : 'Active',
    CreateDate: timeText(createdAtMs),
  }
}
