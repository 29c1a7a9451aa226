/** Names of resources as this interface writes them (section 1.1). */
export function busArn(region: string, account: string, bus: string): string {
  return `acs:eventbridge:${region}:${account}:eventbus/${bus}`
}

export function ruleArn(region: string, account: string, bus: string, rule: string): string {
  return `${busArn(region, account, bus)}/rule/${rule}`
}

export function functionArn(region: string, account: string, name: string): string {
  return `acs:fc:${region}:${account}:functions/${name}`
}

/** Account and bus that an ARN of a bus names; `undefined` when it is none. The region may be any: there is one here. */
export function parseBusArn(arn: string): { account: string; bus: string } | undefined {
  const [, account = '', bus = ''] = /^acs:eventbridge:[^:]*:(\d*):eventbus\/([^/\s]+)$/.exec(arn) ?? []
  return bus === '' ? undefined : { account, bus }
}

/** Service and function that an endpoint names, with or without a service (functions of the third generation have none). */
export function parseFunctionArn(arn: string): { service: string | undefined; function: string } | undefined {
  const match = /^acs:fc:[^:]*:\d*:(?:services\/([^/]+)\/)?functions\/([^/]+)$/.exec(arn)
  const name = match?.[2]
  if (name === undefined) return undefined
  // A qualifier stands behind the service, or behind a function that has none.
  return { service: match?.[1]?.split('.')[0], function: name }
}

export function queueArn(region: string, account: string, name: string): string {
  return `acs:mns:${region}:${account}:queues/${name}`
}

export function topicArn(region: string, account: string, name: string): string {
  return `acs:mns:${region}:${account}:topics/${name}`
}

/** Account and queue or topic that an endpoint or ARN names, with or without a slash; `undefined` when it is none. */
export function parseMnsArn(
  arn: string,
  kind: 'queues' | 'topics',
): { account: string; name: string } | undefined {
  const [, account = '', found = '', name = ''] =
    /^acs:mns:[^:]*:(\d*):\/?(queues|topics)\/([^/\s]+)$/.exec(arn) ?? []
  return found === kind ? { account, name } : undefined
}

export function streamingArn(region: string, account: string, name: string): string {
  return `acs:eventbridge:${region}:${account}:eventstreaming/${name}`
}

export function sourceArn(region: string, account: string, bus: string, source: string): string {
  return `${busArn(region, account, bus)}/eventsource/${source}`
}
