import {
  type AppError,
  bodyJson,
  type SourceContext,
  sourceEvent,
  type SourceRecord,
  toAppError,
} from '@millrace/spi'
import type { MnsSourceOptions } from './options.ts'
import { childText, type Element } from './xml.ts'

/** A message that was received. Its handle changes whenever the time is prolonged for which it is kept from others. */
export class MnsRecord implements SourceRecord {
  readonly partition: string = ''
  readonly event: Uint8Array
  readonly id: string
  readonly fault?: AppError
  readonly takenAtMs: number
  handle: string
  /** Until when other readers do not see it, by the clock of this machine. */
  heldUntilMs: number
  /** Set while the time is being prolonged. */
  prolonging: Promise<void> | undefined
  /** It has another reader, or is gone. */
  isLost = false

  constructor(
    element: Element,
    requestId: string,
    options: MnsSourceOptions,
    context: SourceContext,
    heldUntilMs: number,
  ) {
    this.id = childText(element, 'MessageId') ?? ''
    this.handle = childText(element, 'ReceiptHandle') ?? ''
    this.takenAtMs = Number(childText(element, 'EnqueueTime') ?? context.clock.nowMs())
    this.heldUntilMs = heldUntilMs
    const { body, fault } = bodyOf(childText(element, 'MessageBody') ?? '', options)
    if (fault !== undefined) this.fault = fault
    this.event = sourceEvent({
      id: this.id,
      source: context.name,
      type: 'mns:Queue:SendMessage',
      subject: `acs:mns:${context.region}:${context.account}:queues/${options.queue}`,
      timeMs: this.takenAtMs,
      data: `{"requestId":${JSON.stringify(requestId)},"messageId":${JSON.stringify(this.id)},"messageBody":${body}}`,
    })
  }
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function bodyOf(
  text: string,
  { base64Decode, bodyForm }: MnsSourceOptions,
): { body: string; fault?: AppError } {
  const isEncoded = base64Decode && text !== '' && base64.test(text)
  const content = Buffer.from(text, isEncoded ? 'base64' : 'utf8')
  try {
    return { body: bodyJson(content, bodyForm) }
  } catch (thrown) {
    return { body: bodyJson(content, 'binary'), fault: toAppError(thrown) }
  }
}
