import type { InterfaceName, Named } from './spoken.ts'

/** Enough in each body for the action to know what it is about: what another account asks for is done as far as it can be. */
export const bodies = { routed, eventBridge, mns, aws, ram }

function routed(
  spoken: InterfaceName,
  path: string,
  named: Named,
): { readonly type: string; readonly text: string } {
  const json = (value: unknown) => ({ type: 'application/json', text: JSON.stringify(value) })
  if (path.endsWith('/putEvents')) {
    return { type: 'application/cloudevents-batch+json', text: JSON.stringify([event(named.name)]) }
  }
  if (spoken === 'eventbridge') return json(eventBridge(named))
  if (path.endsWith('/events')) {
    return { type: 'application/cloudevents+json', text: JSON.stringify(event(named.name)) }
  }
  return json(spoken === 'rest' ? rest(path, named) : functionCompute(named))
}

function event(bus: string): object {
  return { specversion: '1.0', id: '1', source: 's', type: 't', data: {}, aliyuneventbusname: bus }
}

/** Takes in one user of the first account. */
export const trust = {
  Version: '1',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { RAM: 'acs:ram::1000000000000001:user/everything' },
    },
  ],
}

function rest(path: string, { name }: Named): object {
  if (path.endsWith('/rules/:rule')) return { pattern: {}, targets: [] }
  if (path.endsWith('/streams/:name'))
    return { source: { connector: 'http', options: {} }, sink: { bus: name } }
  if (path.endsWith('/instances/:name')) return { connector: 'http', options: { url: 'http://127.0.0.1:9/' } }
  if (path.endsWith('/roles/:name')) return { trust, policies: [] }
  if (path.endsWith('/policies/:name')) return { document: { Version: '1', Statement: [] } }
  if (path.endsWith('/sessions')) return { session: 'stranger' }
  if (path.endsWith('/aliases/:alias')) return { version: '1' }
  if (path.endsWith('/triggers/:trigger')) return { kind: 'http' }
  if (path.endsWith('/subscriptions/:subscription')) return { endpoint: { queue: name } }
  if (path.endsWith('/messages')) return { body: 'a message' }
  if (path.endsWith('/keys/:key')) return { disabled: true }
  return {}
}

/** Members of both generations together: each looks at its own. */
function functionCompute({ name, account }: Named): object {
  return {
    functionName: name,
    serviceName: name,
    runtime: 'nodejs20',
    handler: 'index.handler',
    aliasName: name,
    versionId: '1',
    triggerName: name,
    triggerType: 'http',
    triggerConfig: '{}',
    domainName: `${name}.example.com`,
    protocol: 'HTTP',
    resourceArn: `acs:fc:local:${account}:services/${name}`,
    resourceId: [`acs:fc:local:${account}:functions/${name}`],
    resourceType: 'function',
    tags: { stranger: 'yes' },
    tag: [{ key: 'stranger', value: 'yes' }],
    tagKeys: ['kept'],
    tagKey: ['kept'],
  }
}

/** Members that the actions of both styles look at, so that each finds what it needs. */
function eventBridge({ name }: Named): Record<string, unknown> {
  return {
    EventBusName: name,
    RuleName: name,
    EventSourceName: name,
    EventStreamingName: name,
    ConnectionName: name,
    ApiDestinationName: name,
    EventId: '1',
    EventIds: ['1'],
    EventPattern: '{}',
    FilterPattern: '{}',
    Event: '{}',
    Targets: [],
    TargetIds: ['1'],
    StartTime: 1,
    EndTime: 2,
    Limit: 1,
    BusinessMode: 'CapacityUnitMode',
    Source: {},
    Sink: {},
    ConnectionParameters: {},
    AuthParameters: {},
    NetworkParameters: { NetworkType: 'PublicNetwork' },
    HttpApiParameters: { Endpoint: 'http://x', Method: 'POST' },
  }
}

function mns(path: string): string {
  const root = path.endsWith('/messages')
    ? 'Message'
    : path.includes(':subscription')
      ? 'Subscription'
      : path.includes('topics')
        ? 'Topic'
        : 'Queue'
  const inside =
    root === 'Message'
      ? '<MessageBody>a message</MessageBody>'
      : root === 'Subscription'
        ? '<Endpoint>http://127.0.0.1:9/</Endpoint>'
        : ''
  return `<${root} xmlns="http://mns.aliyuncs.com/doc/v1/">${inside}</${root}>`
}

function aws({ name, owner }: Named): object {
  const bus = `arn:aws:events:us-east-1:${owner}:event-bus/${name}`
  return {
    Name: name,
    Rule: name,
    EventBusName: name,
    ArchiveName: name,
    ReplayName: name,
    EventPattern: '{"source":["a"]}',
    Event: '{}',
    Entries: [{ Source: 's', DetailType: 't', Detail: '{}', EventBusName: name }],
    Ids: ['1'],
    Targets: [{ Id: '1', Arn: `arn:aws:sqs:us-east-1:${owner}:${name}` }],
    TargetArn: `arn:aws:sqs:us-east-1:${owner}:${name}`,
    EventSourceArn: bus,
    StatementId: 's',
    Action: 'events:PutEvents',
    Principal: '*',
    EventStartTime: 1,
    EventEndTime: 2,
    Destination: { Arn: bus },
    AuthorizationType: 'API_KEY',
    AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'k', ApiKeyValue: 'v' } },
    ConnectionArn: `arn:aws:events:us-east-1:${owner}:connection/${name}/y`,
    InvocationEndpoint: 'https://x.example',
    HttpMethod: 'POST',
    ResourceARN: `arn:aws:events:us-east-1:${owner}:event-bus/${name}`,
    Tags: [{ Key: 'k', Value: 'v' }],
    TagKeys: ['k'],
  }
}

function ram({ name }: Named): Record<string, unknown> {
  return {
    UserName: name,
    GroupName: name,
    RoleName: name,
    PolicyName: name,
    PolicyType: 'Custom',
    PolicyDocument: { Version: '1', Statement: [] },
    AssumeRolePolicyDocument: trust,
    NewPolicyDocument: { Version: '1', Statement: [] },
    NewAssumeRolePolicyDocument: trust,
    VersionId: 'v1',
    UserAccessKeyId: name,
    Status: 'Inactive',
  }
}
