import { Refusal } from './refusal.ts'
import type { Operation } from './operation.ts'

/** Operations whose subject this server does not have; each is answered with `OperationDisabledException`. */
export const refusedOperations: Readonly<Record<string, string>> = {
  CreateEndpoint: 'global endpoints',
  UpdateEndpoint: 'global endpoints',
  DescribeEndpoint: 'global endpoints',
  DeleteEndpoint: 'global endpoints',
  ListEndpoints: 'global endpoints',
  CreatePartnerEventSource: 'partner event sources',
  DeletePartnerEventSource: 'partner event sources',
  DescribePartnerEventSource: 'partner event sources',
  ListPartnerEventSources: 'partner event sources',
  ListPartnerEventSourceAccounts: 'partner event sources',
  PutPartnerEvents: 'partner event sources',
  ActivateEventSource: 'partner event sources',
  DeactivateEventSource: 'partner event sources',
  DescribeEventSource: 'partner event sources',
  ListEventSources: 'partner event sources',
}

/** What they are answered with. */
export const refusalCode = 'OperationDisabledException'

export function refuse(what: string): Operation {
  return {
    run(call) {
      call.permit({})
      return Promise.reject(new Refusal(refusalCode, `This server does not offer ${what}.`))
    },
  }
}
