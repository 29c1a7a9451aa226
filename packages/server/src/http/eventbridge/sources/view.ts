import { isObject } from '../action.ts'
import { sourceArn } from '../arn.ts'
import type { FoundSource } from './store.ts'

/** Where requests of webhooks go. */
export const webhookPath = '/webhook/putEvents'

export interface SourcePlace {
  readonly region: string
  readonly account: string
  /** Host and port at which the caller reaches this server. */
  readonly host: string
}

/** An event source as lists show it. */
export function sourceView(
  { source, token, createdAtMs }: FoundSource,
  { region, account, host }: SourcePlace,
): Record<string, unknown> {
  const {
    EventSourceName,
    EventBusName,
    SourceHttpEventParameters: webhook,
    SourceOSSEventParameters: bucket,
    ...members
  } = source
  return {
    Description: '',
    ...members,
    Name: EventSourceName,
    ARN: sourceArn(region, account, EventBusName, EventSourceName),
    Status: 'Activated',
    Ctime: createdAtMs,
    EventBusName,
    ...(isObject(webhook) ? { SourceHttpEventResponse: webhookView(webhook, host, token) } : {}),
    ...(isObject(bucket) ? { SourceOSSEventParameters: notifiedView(bucket, host, token) } : {}),
  }
}

/** Servers other than the vendor's must be told where to post their notifications. */
function notifiedView(bucket: Readonly<Record<string, unknown>>, host: string, token: string) {
  return { ...bucket, PublicWebHookUrl: [`http://${host}${webhookPath}?token=${token}`] }
}

function webhookView(webhook: Readonly<Record<string, unknown>>, host: string, token: string) {
  const schemes = String(webhook['Type']).toLowerCase().split('&')
  const urls = schemes.map(scheme => `${scheme}://${host}${webhookPath}?token=${token}`)
  return { Ip: [], Referer: [], ...webhook, PublicWebHookUrl: urls, VpcWebHookUrl: urls }
}
