import { createHash } from 'node:crypto'
import { AppError, type OutgoingRecord, retryNever } from '@millrace/spi'
import type { MailSinkOptions } from './options.ts'

/** Parameters of a target that are read. */
export const parameterNames: readonly string[] = ['from', 'to', 'cc', 'bcc', 'replyTo', 'subject', 'bodyType']

/** A message as it goes to the server. */
export interface MailMessage {
  readonly envelope: { readonly from: string; readonly to: string[]; readonly size: number }
  readonly bytes: Buffer
}

/** Longest line of a head (RFC 5322, section 2.1.1), and of a list of addresses. */
const textBytesMax = { subject: 998, addresses: 8_192 }

/**
 * What a record's parameters and the options make of it. Throws `sink.rejected` for addresses that are none, for line breaks
 * in what stands in the head, and for what is too large.
 */
export async function mailMessage(
  record: OutgoingRecord,
  options: MailSinkOptions,
  nowMs: number,
): Promise<MailMessage> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const { parameters } = record
  const head = (name: 'from' | 'to' | 'cc' | 'bcc' | 'replyTo'): string =>
    inHead(name, parameters[name] ?? options[name] ?? '', textBytesMax.addresses)
  const from = head('from')
  const body = textOf(record.body)
  const mail = new MailComposer({
    from,
    to: head('to'),
    cc: head('cc'),
    bcc: head('bcc'),
    ...(head('replyTo') === '' ? {} : { replyTo: head('replyTo') }),
    subject: inHead('subject', parameters['subject'] ?? options.subject, textBytesMax.subject),
    ...(bodyTypeOf(parameters['bodyType'] ?? options.bodyType) === 'html' ? { html: body } : { text: body }),
    date: new Date(nowMs),
    messageId: messageIdOf(record, from),
    headers: { 'Millrace-Event-ID': encodeURIComponent(record.id), 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  const { from: sender, to } = mail.getEnvelope()
  if (typeof sender !== 'string' || !isAddress(sender)) throw rejected('from', 'is no address')
  checkRecipients(to, options.recipientsMax)
  const bytes = await mail.build()
  checkSize(bytes.length, options.messageBytesMax)
  return { envelope: { from: sender, to, size: bytes.length }, bytes }
}

/** The same for every attempt, so that mailboxes can know a message again. */
function messageIdOf({ source, id }: OutgoingRecord, from: string): string {
  const name = createHash('sha256')
    .update(JSON.stringify([source, id]))
    .digest('hex')
    .slice(0, 40)
  const domain = /@([A-Za-z0-9.-]+)/.exec(from)?.[1] ?? 'millrace.invalid'
  return `<${name}@${domain}>`
}

function checkRecipients(to: readonly string[], limit: number): void {
  if (to.length === 0) throw rejected('to', 'is missing: there is nobody to send to')
  if (to.length > limit)
    throw rejected('to', `and cc and bcc have ${to.length} recipients, at most ${limit} are allowed`)
  if (!to.every(isAddress)) throw rejected('to', ', cc or bcc has something that is no address')
}

function checkSize(seen: number, limit: number): void {
  if (seen <= limit) return
  throw new AppError(
    'sink.rejected',
    `the message has ${seen} bytes; messageBytesMax is ${limit}`,
    retryNever,
    { details: { limit, seen } },
  )
}

/** Nothing that could end a command of the protocol, or a line of the head. */
function isAddress(address: string): boolean {
  return /^[^\s<>\u0000-\u001f\u007f]+@[^\s<>@\u0000-\u001f\u007f]+$/u.test(address) && address.length <= 320
}

function inHead(name: string, value: string, bytesMax: number): string {
  if (/[\u0000-\u001f\u007f\u2028\u2029]/u.test(value)) {
    throw rejected(name, 'has a line break or another control character')
  }
  const bytes = Buffer.byteLength(value)
  if (bytes > bytesMax) throw rejected(name, `has ${bytes} bytes, at most ${bytesMax} are allowed`)
  return value
}

function bodyTypeOf(value: string): 'text' | 'html' {
  if (value === 'text' || value === 'html') return value
  throw rejected('bodyType', 'is neither text nor html')
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new AppError('sink.rejected', `the body of ${body.length} bytes is not UTF-8`, retryNever)
  }
}

function rejected(name: string, what: string): AppError {
  const glue = what.startsWith(',') ? '' : ' '
  return new AppError('sink.rejected', `parameter ${name}${glue}${what}`, retryNever, {
    details: { path: `parameters.${name}` },
  })
}
