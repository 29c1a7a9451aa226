import { type Tracer } from '../observability/index.ts'
import type { FunctionView } from '../resources/index.ts'
import type { InvocationResult, InvokeOptions } from './invoke/index.ts'
import { toAppError } from '@millrace/spi'

/** Makes an invocation within a span below that of its caller; the code is told the span as its parent. */
export async function traced(
  tracer: Tracer,
  view: FunctionView,
  options: InvokeOptions,
  invoke: (options: InvokeOptions) => Promise<InvocationResult>,
): Promise<InvocationResult> {
  if (!tracer.isOn) return await invoke(options)
  const span = tracer.start('invoke', 'internal', options.trace?.traceparent, {
    'faas.name': view.name,
    'cloud.account.id': view.account,
    'millrace.qualifier': options.qualifier ?? 'LATEST',
  })
  try {
    const trace = { ...options.trace, traceparent: span.traceparent }
    const result = await invoke({ ...options, trace })
    const { metering } = result
    span.end(result.status === 'ok' ? undefined : result.failure.type, {
      'faas.invocation_id': result.requestId,
      'faas.instance': metering.instanceId,
      'faas.version': metering.version,
      'faas.coldstart': metering.coldStart,
      'millrace.wait_ms': metering.waitMs,
      'millrace.duration_ms': metering.durationMs,
    })
    return result
  } catch (thrown) {
    span.end(options.signal.aborted ? 'cancelled' : toAppError(thrown).code)
    throw thrown
  }
}
