import type { OpenApi, Schema, WiringItem } from '../../index.ts'

/** The operations that write a kind of resource; layers have versions instead. */
const operations: Readonly<Record<WiringItem['kind'], string>> = {
  bus: 'putBus',
  rule: 'putRule',
  layer: 'publishLayer',
  function: 'putFunction',
  trigger: 'putTrigger',
  async: 'putAsyncSetting',
  scaling: 'putScalingSetting',
  instance: 'putInstance',
  stream: 'putStream',
  queue: 'putQueue',
  topic: 'putTopic',
  subscription: 'putSubscription',
  domain: 'putDomain',
  policy: 'putPolicy',
  role: 'putRole',
  group: 'putGroup',
  user: 'putUser',
}

/** The schemas of the specs by kind of resource, as this server checks them. */
export function specSchemas({ paths }: OpenApi): Readonly<Record<WiringItem['kind'], Schema>> {
  const bodies = new Map<string, Schema>()
  for (const methods of Object.values(paths)) {
    for (const { operationId, requestBody } of Object.values(methods)) {
      const schema = requestBody?.content['application/json']?.schema
      if (operationId !== undefined && schema !== undefined) bodies.set(operationId, schema)
    }
  }
  const schemas: Partial<Record<WiringItem['kind'], Schema>> = {}
  for (const [kind, operation] of Object.entries(operations) as [WiringItem['kind'], string][]) {
    const schema = bodies.get(operation)
    if (schema === undefined) throw new Error(`the server does not describe the operation ${operation}`)
    schemas[kind] = schema
  }
  return schemas as Record<WiringItem['kind'], Schema>
}
