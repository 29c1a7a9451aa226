import { AppError, type OutgoingRecord, retryNever } from '@millrace/spi'
import type { ChatService } from './services/index.ts'

/** The body as a message of the service; what is none is shown as a text. Throws `sink.rejected` for what is no text. */
export function messageOf(
  { body }: Pick<OutgoingRecord, 'body'>,
  service: ChatService,
): Readonly<Record<string, unknown>> {
  const text = textOf(body)
  const value = objectOf(text)
  return value !== undefined && service.isMessage(value) ? value : service.textMessage(text)
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new AppError('sink.rejected', `the body of ${body.length} bytes is not UTF-8`, retryNever)
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
