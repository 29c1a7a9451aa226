import { AppError, type OutgoingRecord, retryNever } from '@millrace/spi'
import type { MnsSinkOptions } from './options.ts'
import { isWritable, leaf } from './xml.ts'

/** Bytes of one message, and of all messages of one request, at most (section 1.7). */
export const messageBytesMax = 65_536

/** Parameters of a target that are read. */
export const parameterNames: readonly string[] = ['delaySeconds', 'priority', 'messageTag', 'base64Encode']

/** The element of one message. */
export interface OutgoingMessage {
  readonly xml: string
  readonly bytes: number
}

/** What is sent for a record. Throws `sink.rejected` for what the service could not take. */
export function outgoingMessage(
  { body, parameters }: OutgoingRecord,
  options: MnsSinkOptions,
): OutgoingMessage {
  const text = bodyText(
    body,
    parameters.base64Encode === undefined ? options.base64Encode : parameters.base64Encode === 'true',
  )
  const bytes = Buffer.byteLength(text)
  if (bytes > messageBytesMax) {
    throw rejected(`the body has ${bytes} bytes as it is sent, at most ${messageBytesMax} are allowed`)
  }
  if (bytes === 0) throw rejected('the body is empty, which the service does not take')
  const { delaySeconds, priority, messageTag } = parameters
  const inside = [
    leaf('MessageBody', text),
    leaf('DelaySeconds', whole('delaySeconds', delaySeconds, 0, 604_800)),
    leaf('Priority', whole('priority', priority, 1, 16)),
    leaf('MessageTag', tag(messageTag)),
  ]
  return { xml: `<Message>${inside.join('')}</Message>`, bytes }
}

function bodyText(body: Uint8Array, isEncoded: boolean): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  if (isEncoded) return bytes.toString('base64')
  const text = bytes.toString()
  if (isWritable(text)) return text
  throw rejected('the body holds characters that XML cannot carry; set base64Encode')
}

function whole(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw rejected(`parameter ${name} is not a whole number from ${min} to ${max}`)
}

function tag(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= 16) return text
  throw rejected(`parameter messageTag has ${text.length} characters, at most 16 are allowed`)
}

function rejected(message: string): AppError {
  return new AppError('sink.rejected', message, retryNever)
}

/** Groups of indexes that may go into one request: at most so many messages, and bytes together. */
export function batches(messages: readonly OutgoingMessage[], countMax: number): number[][] {
  const groups: number[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const [index, message] of messages.entries()) {
    const group = groups.at(-1)
    if (group === undefined || group.length >= countMax || bytes + message.bytes > messageBytesMax) {
      groups.push([index])
      bytes = message.bytes
    } else {
      group.push(index)
      bytes += message.bytes
    }
  }
  return groups
}
