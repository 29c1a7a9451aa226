import type { Access } from './client/index.ts'
import type { ConnectionOptions } from './options.ts'

/** What the client process needs of the options; `attempt` chooses the address, so that each reconnect takes the next. */
export function accessOf(options: ConnectionOptions, allowPrivateTargets: boolean, attempt: number): Access {
  const { accessKey, accessSecret, securityToken, tls } = options
  return {
    endpoint: endpointOf(options, attempt),
    namespace: options.namespace ?? '',
    credentials:
      accessKey === undefined || accessSecret === undefined
        ? undefined
        : { accessKey, accessSecret, ...(securityToken === undefined ? {} : { securityToken }) },
    tls,
    requestTimeoutMs: options.requestTimeoutMs,
    allowPrivateTargets,
  }
}

function endpointOf({ endpoints }: ConnectionOptions, attempt: number): string {
  return endpoints[attempt % endpoints.length] ?? ''
}
