import type { StreamView } from '../../../resources/index.ts'
import type { StreamStatus } from '../../../streams/index.ts'
import { isObject } from '../action.ts'
import { foreignOf } from '../foreign.ts'

/** What a stream keeps for this interface: the streaming as it was written, and whether it was ever started. */
export interface KeptStreaming {
  readonly streaming: Readonly<Record<string, unknown>>
  readonly isStarted: boolean
}

/** `undefined` for streams that another interface wrote. */
export function keptStreaming(
  foreign: Readonly<Record<string, unknown>> | undefined,
): KeptStreaming | undefined {
  const { streaming, isStarted } = foreignOf(foreign)
  return isObject(streaming) ? { streaming, isStarted: isStarted === true } : undefined
}

/** The state in the words of section 8.4. What was never started is ready, as the interface has it, and not paused. */
export function statusOf({ state }: Pick<StreamStatus, 'state'>, { isStarted }: KeptStreaming): string {
  switch (state) {
    case 'starting':
      return 'STARTING'
    case 'running':
      return 'RUNNING'
    case 'paused':
      return isStarted ? 'PAUSED' : 'READY'
    case 'ready':
      return 'READY'
    case 'failed':
      return 'START_FAILED'
  }
}

/** Rates and lag. Times are in milliseconds, but the lag, which the interface counts in seconds. */
export function detailsOf({ writtenPerSecond, lag }: StreamStatus) {
  return {
    TPS: Math.round(writtenPerSecond),
    DelayTime: Math.round((lag?.ageMs ?? 0) / 1_000),
    DiffOffset: lag?.records ?? 0,
  }
}

/** The streaming as it was written, with its state. */
export function streamingView(
  view: Pick<StreamView, 'name'>,
  kept: KeptStreaming,
  status: StreamStatus,
): Record<string, unknown> {
  const { reason } = status
  return {
    Description: '',
    FilterPattern: '{}',
    ...kept.streaming,
    EventStreamingName: view.name,
    Status: statusOf(status, kept),
    DetailedStatus: {
      ...detailsOf(status),
      ...(reason === undefined ? {} : { Extensions: { Code: reason.code, Message: reason.message } }),
    },
  }
}

export function metricsView(
  view: Pick<StreamView, 'name'>,
  kept: KeptStreaming,
  status: StreamStatus,
  nowMs: number,
): Record<string, unknown> {
  return {
    Name: view.name,
    ...detailsOf(status),
    LastDateSyncTime: status.lastReadAtMs ?? 0,
    LastHeartBeat: nowMs,
    Status: statusOf(status, kept),
  }
}
