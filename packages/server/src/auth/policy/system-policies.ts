import { parsePolicy, type Policy } from './policy.ts'

const allow = (...actions: string[]) => ({ Effect: 'Allow', Action: actions, Resource: '*' })
const document = (...statements: object[]) => ({ Version: '1', Statement: statements })

const passRoleToFunctions = {
  Effect: 'Allow',
  Action: 'ram:PassRole',
  Resource: '*',
  Condition: { StringEquals: { 'acs:Service': 'fc.aliyuncs.com' } },
}

/** Policies that every account has and nobody can change (identity section 2.5). */
const documents: Readonly<Record<string, object>> = {
  AdministratorAccess: document(allow('*')),
  ReadOnlyAccess: document(allow('*:Get*', '*:List*', '*:Query*', '*:Peek*', '*:Test*', '*:Check*')),
  AliyunEventBridgeFullAccess: document(allow('eventbridge:*')),
  AliyunEventBridgeReadOnlyAccess: document(
    allow(
      'eventbridge:Get*',
      'eventbridge:List*',
      'eventbridge:Query*',
      'eventbridge:Test*',
      'eventbridge:Check*',
    ),
  ),
  AliyunEventBridgePutEventsPolicy: document(allow('eventbridge:PutEvents')),
  AliyunEventBridgeResourceCreatePolicy: document(
    allow(
      'eventbridge:CreateEventBus',
      'eventbridge:CreateRule',
      'eventbridge:CreateEventSource',
      'eventbridge:PutTargets',
      'eventbridge:CreateEventStreaming',
      'eventbridge:CreateConnection',
      'eventbridge:CreateApiDestination',
      'eventbridge:EventCenterEnableOnDefaultBus',
      'eventbridge:EventCenterDisableOnDefaultBus',
      'eventbridge:CreateSchema',
      'eventbridge:CreateSchemaVersion',
      'eventbridge:CreateSchemaGroup',
    ),
  ),
  AliyunFCFullAccess: document(allow('fc:*'), passRoleToFunctions),
  AliyunFCReadOnlyAccess: document(allow('fc:Get*', 'fc:List*')),
  AliyunFCInvocationAccess: document(allow('fc:InvokeFunction')),
  AliyunMNSFullAccess: document(allow('mns:*')),
  AliyunMNSReadOnlyAccess: document(allow('mns:Get*', 'mns:List*', 'mns:Peek*', 'mns:BatchPeek*')),
  AliyunSTSAssumeRoleAccess: document(allow('sts:AssumeRole')),
  AliyunRAMFullAccess: document(allow('ram:*')),
  AliyunRAMReadOnlyAccess: document(allow('ram:Get*', 'ram:List*')),
}

export function isSystemPolicy(name: string): boolean {
  return Object.hasOwn(documents, name)
}

/** All of them, compiled, with the document as it is shown. */
export function systemPolicies(): ReadonlyMap<
  string,
  { readonly document: object; readonly policy: Policy }
> {
  return new Map(
    Object.entries(documents).map(([name, one]) => [name, { document: one, policy: parsePolicy(one) }]),
  )
}
