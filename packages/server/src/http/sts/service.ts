import { noSuchAction, type RpcService, type RpcServiceParts } from '../rpc-service.ts'
import { operations } from './operations.ts'
import { refusalOf } from './refusal.ts'

const version = '2015-04-01'

/**
 * The interface by which clients of Alibaba Cloud take on roles and find out who they are (STS). AssumeRole asks with what the trust of the
 * role looks at; the other operation needs nothing.
 */
export function stsService({ services }: Pick<RpcServiceParts, 'services'>): RpcService {
  return {
    version,
    answer: request => {
      const operation = operations.get(request.action)
      if (operation === undefined) throw noSuchAction(request.action, version)
      return operation(services, request, request.parameters)
    },
    refusalOf,
  }
}
