/** Messages, events, logs and calls of functions: what is done all the time, and says nothing about who changed what. */
const dataActions: ReadonlySet<string> = new Set([
  'eventbridge:PutEvents',
  'fc:InvokeFunction',
  'log:PostLogStoreLogs',
  'millrace:PutPartnerEvents',
  'mns:ChangeMessageVisibility',
  'mns:DeleteMessage',
  'mns:PeekMessage',
  'mns:PublishMessage',
  'mns:ReceiveMessage',
  'mns:SendMessage',
])

/** How the names of actions begin that change nothing. */
const readVerb = /^[a-z]+:(?:Get|List|Describe|Query|Test|Explain)/

export type ActionKind = 'read' | 'write' | 'data'

/** What an action is for the record: writes are recorded, reads on demand, data never. */
export function kindOf(action: string): ActionKind {
  if (dataActions.has(action)) return 'data'
  return readVerb.test(action) ? 'read' : 'write'
}
