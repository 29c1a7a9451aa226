import { createHash } from 'node:crypto'
import type { Clock, Random } from '@millrace/spi'
import type { Publication, Pushed, PushFormatter, PushText } from '../../topics/index.ts'
import { md5, textOf } from './values.ts'
import { node, xmlDocument, xmlType } from './xml-out.ts'

/** Signs pushes, so that receivers know whose they are. */
export interface PushSigner {
  /** Base64 of the signature of a text. */
  sign(text: string): string
  /** Where receivers get the certificate from. */
  certificateUrl(): string
}

export interface PushFormatParts {
  readonly clock: Clock
  readonly random: Random
  readonly signer: PushSigner
}

/** The pushes of this interface: envelopes, headers and signature (section 1.12). */
export function pushFormatter({ clock, random, signer }: PushFormatParts): PushFormatter {
  return (publication, pushed): PushText => {
    const { body, contentType } = pushBody(publication, pushed)
    if (!('url' in pushed.endpoint)) return { body, contentType, headers: {} }
    const headers: Record<string, string> = {
      'x-mns-request-id': random.id().slice(0, 24).toUpperCase(),
      'x-mns-signing-cert-url': Buffer.from(signer.certificateUrl()).toString('base64'),
      'x-mns-version': '2015-06-06',
      ...(pushed.format === 'SIMPLIFIED' ? simplifiedHeaders(publication) : {}),
    }
    const digest = Buffer.from(createHash('md5').update(body).digest('hex')).toString('base64')
    const date = new Date(clock.nowMs()).toUTCString()
    const { pathname, search } = new URL(pushed.endpoint.url)
    const text = pushStringToSign({ digest, contentType, date, headers, path: pathname + search })
    return {
      body,
      contentType,
      headers: {
        ...headers,
        'content-md5': digest,
        date,
        authorization: signer.sign(text),
        'user-agent': 'Aliyun Notification Service Agent',
      },
    }
  }
}

/** The text that is signed. Names of headers are in lower case. */
export function pushStringToSign(push: {
  readonly digest: string
  readonly contentType: string
  readonly date: string
  readonly headers: Readonly<Record<string, string>>
  readonly path: string
}): string {
  const lines = Object.keys(push.headers)
    .filter(name => name.startsWith('x-mns-'))
    .toSorted()
    .map(name => `${name}:${push.headers[name]}\n`)
    .join('')
  return `POST\n${push.digest}\n${push.contentType}\n${push.date}\n${lines}${push.path}`
}

function simplifiedHeaders({ id, tag }: Publication): Record<string, string> {
  return { 'x-mns-message-id': id, ...(tag === undefined ? {} : { 'x-mns-message-tag': tag }) }
}

function pushBody(publication: Publication, { account, topic, subscription, format }: Pushed) {
  const { id, body, tag, publishedAtMs } = publication
  if (format === 'SIMPLIFIED') return { body, contentType: 'text/plain;charset=utf-8' }
  const members: readonly (readonly [string, string])[] = [
    ['TopicOwner', account],
    ['TopicName', topic],
    ['Subscriber', account],
    ['SubscriptionName', subscription],
    ['MessageId', id],
    ['Message', textOf(body)],
    ['MessageMD5', md5(body)],
    ...(tag === undefined ? [] : [['MessageTag', tag] as const]),
    ['PublishTime', String(publishedAtMs)],
  ]
  if (format === 'JSON') {
    const text = JSON.stringify(Object.fromEntries(members))
    return { body: Buffer.from(text), contentType: 'application/json;charset=utf-8' }
  }
  const root = node(
    'Notification',
    members.map(([name, value]) => node(name, value)),
  )
  return { body: Buffer.from(xmlDocument(root)), contentType: xmlType }
}
