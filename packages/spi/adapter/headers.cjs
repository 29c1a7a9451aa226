'use strict'
/**
 * The headers that tell the code of its request (function-compute section 4.9), from the `initialize` frame and, where
 * there is one, the `invoke` frame. Names are in lower case; what is not known is left out.
 */
function commonHeaders(initialization, invocation) {
  const { context } = initialization
  const { requestId, credentials, retryCount, qualifier, deadlineMs, tracing } = invocation
  const called = context.function ?? {}
  const service = context.service ?? {}
  return defined({
    'x-fc-request-id': requestId,
    'x-fc-function-name': called.name,
    'x-fc-function-handler': initialization.handler,
    'x-fc-function-memory': called.memory,
    'x-fc-function-timeout': called.timeout === undefined ? undefined : Math.ceil(called.timeout),
    'x-fc-function-initializer': initialization.initializer,
    'x-fc-initialization-timeout':
      initialization.initializer === undefined ? undefined : called.initializationTimeout,
    'x-fc-region': context.region,
    'x-fc-account-id': context.accountId,
    'x-fc-qualifier': qualifier ?? service.qualifier,
    'x-fc-version-id': service.versionId,
    'x-fc-service-name': service.name,
    'x-fc-service-logproject': service.logProject,
    'x-fc-service-logstore': service.logStore,
    'x-fc-access-key-id': credentials?.accessKeyId,
    'x-fc-access-key-secret': credentials?.accessKeySecret,
    'x-fc-security-token': credentials?.securityToken,
    'x-fc-retry-count': retryCount ?? (deadlineMs === undefined ? undefined : 0),
    'x-fc-function-deadline': deadlineMs,
    'x-fc-instance-id': initialization.environment.FC_INSTANCE_ID,
    'x-fc-tracing-opentracing-span-context': tracing?.openTracingSpanContext,
    'x-fc-tracing-opentracing-span-baggages':
      tracing?.openTracingSpanBaggages === undefined ? undefined : base64(tracing.openTracingSpanBaggages),
    'x-fc-tracing-jaeger-endpoint': tracing?.jaegerEndpoint,
    traceparent: tracing?.traceparent,
    tracestate: tracing?.tracestate,
    baggage: tracing?.baggage,
  })
}

function base64(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64')
}

/** Values become texts that can stand in a header: what a name of the user's may hold beyond that is cut out. */
function defined(headers) {
  const kept = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || value === null || value === '') continue
    kept[name] = String(value).replace(/[^\t\x20-\x7e]/g, '')
  }
  return kept
}

module.exports = { base64, commonHeaders }
