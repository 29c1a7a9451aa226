import { parseBusArn } from '../arn.ts'
import type { SinkMapping } from './destination.ts'

/** The target `acs.eventbridge`: another bus of the account. */
export const busTarget: SinkMapping = (members, { account }) => {
  const named = parseBusArn(members.endpoint)
  const bus = members.constant('EventBusName') || named?.bus || members.required('EventBusName')
  const owner = members.constant('AccountId') || named?.account || account
  if (owner !== account || members.constant('AccountType') === 'AnotherAccount') {
    throw members.ineffective('a bus of another account cannot be a target here')
  }
  if (members.body('Body') !== undefined) {
    throw members.ineffective('the Body for another bus can only be ORIGINAL')
  }
  return { sink: { bus } }
}
