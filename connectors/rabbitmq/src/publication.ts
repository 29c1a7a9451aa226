import { AppError, type OutgoingRecord, retryNever } from '@millrace/spi'
import type { Options } from 'amqplib'
import type { RabbitSinkOptions } from './options.ts'

/** Parameters of a target that are read. */
export const parameterNames: readonly string[] = [
  'routingKey',
  'messageId',
  'correlationId',
  'expirationMs',
  'priority',
  'properties',
  'headers.*',
]

/** How one record is published. */
export interface Publication {
  readonly exchange: string
  readonly routingKey: string
  readonly properties: Options.Publish & { readonly headers: Readonly<Record<string, unknown>> }
}

/** What a record's parameters and the options make of it. Throws `sink.rejected` for values that AMQP cannot carry. */
export function publication(record: OutgoingRecord, options: RabbitSinkOptions): Publication {
  const { parameters, contentType, id } = record
  const toQueue = options.queue !== undefined
  const { correlationId, expirationMs, priority } = parameters
  return {
    exchange: toQueue ? '' : options.exchange,
    routingKey: short('routingKey', parameters.routingKey ?? options.queue ?? options.routingKey),
    properties: {
      mandatory: options.mandatory,
      persistent: options.persistent,
      messageId: short('messageId', parameters.messageId ?? id),
      ...(contentType === undefined ? {} : { contentType }),
      ...(correlationId === undefined ? {} : { correlationId: short('correlationId', correlationId) }),
      ...(expirationMs === undefined
        ? {}
        : { expiration: whole('expirationMs', expirationMs, 4_294_967_295) }),
      ...(priority === undefined ? {} : { priority: whole('priority', priority, 255) }),
      headers: { ...mapOf(parameters.properties), ...headersOf(parameters) },
    },
  }
}

function headersOf(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(parameters).filter(([name]) => name.startsWith('headers.'))
  return Object.fromEntries(named.map(([name, value]) => [name.slice('headers.'.length), value]))
}

/** The parameter `properties` of the compatible protocol: the text of a JSON map. */
function mapOf(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw rejected('properties', 'is not the text of a JSON object')
}

/** AMQP's short strings have at most 255 bytes. */
function short(name: string, value: string): string {
  const bytes = Buffer.byteLength(value)
  if (bytes <= 255) return value
  throw rejected(name, `has ${bytes} bytes, at most 255 are allowed`)
}

function whole(name: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  throw rejected(name, `is not a whole number from 0 to ${max}`)
}

function rejected(name: string, what: string): AppError {
  return new AppError('sink.rejected', `parameter ${name} ${what}`, retryNever, {
    details: { path: `parameters.${name}` },
  })
}
