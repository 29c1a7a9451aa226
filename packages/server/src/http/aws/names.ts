import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { defaultBusName } from '../../resources/index.ts'
import type { Call } from './operation.ts'
import { invalid } from './refusal.ts'

/** The bus that stands for this interface's `default`: the platform's own bus of that name takes no events of others. */
export const awsDefaultBus = 'aws-default'

const alphabet = String.raw`^[.\-_A-Za-z0-9]+$`

/** Names as this interface has them; what the platform cannot call so is refused by `checkedName`. */
export const NameOf = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: alphabet })
export const ResourceName = NameOf(64)
/** A name or an ARN. */
export const BusReference = Type.Optional(Type.String({ minLength: 1, maxLength: 1_600 }))
export const Arn = Type.String({ minLength: 1, maxLength: 1_600 })
export const Description = Type.Optional(Type.String({ maxLength: 512 }))
/** Seconds since the epoch, with a fraction. */
export const Timestamp = Type.Number()

/** The platform's names begin with a letter or digit. */
export function checkedName(what: string, name: string): string {
  if (/^[A-Za-z0-9]/.test(name)) return name
  throw invalid(`Here the name of ${what} begins with a letter or digit.`)
}

/** The account as twelve digits: as it is, filled up, or, when it has more, a number made of it. */
export function ownerOf(account: string): string {
  if (account.length <= 12) return account.padStart(12, '0')
  const digest = createHash('sha256').update(account).digest()
  return String(digest.readBigUInt64BE() % 1_000_000_000_000n).padStart(12, '0')
}

/** The bus of the platform that a name of this interface means. */
export function innerBus(name: string): string {
  return name === defaultBusName ? awsDefaultBus : name
}

/** The name of a bus of the platform in this interface. */
export function outerBus(name: string): string {
  return name === awsDefaultBus ? defaultBusName : name
}

type Place = Pick<Call, 'region' | 'owner'>

export function arnOf({ region, owner }: Place, resource: string): string {
  return `arn:aws:events:${region}:${owner}:${resource}`
}

/** `bus` as the platform calls it. */
export function busArn(place: Place, bus: string): string {
  return arnOf(place, `event-bus/${outerBus(bus)}`)
}

/** `bus` as the platform calls it. */
export function ruleArn(place: Place, bus: string, rule: string): string {
  const outer = outerBus(bus)
  return arnOf(place, outer === defaultBusName ? `rule/${rule}` : `rule/${outer}/${rule}`)
}

/** An ARN of any service, in its parts; any region and this account only. */
export interface ParsedArn {
  readonly service: string
  readonly account: string
  readonly resource: string
}

export function parseArn(arn: string): ParsedArn | undefined {
  const [, service = '', account = '', resource = ''] =
    /^arn:aws[a-z-]*:([a-z0-9-]+):[a-z0-9-]*:(\d*):(.+)$/.exec(arn) ?? []
  return resource === '' ? undefined : { service, account, resource }
}

/** What an ARN of this interface names, such as `archive/x`; refuses other accounts and other services. */
export function ownResource({ owner }: Pick<Call, 'owner'>, arn: string): string {
  const parsed = parseArn(arn)
  if (parsed?.service !== 'events') throw invalid('Provided Arn is not in correct format.')
  if (parsed.account !== '' && parsed.account !== owner) {
    throw invalid('Resources of another account cannot be used here.')
  }
  return parsed.resource
}

/** The platform's name of the bus that a name or ARN means; without one it is `default`. */
export function busName(call: Pick<Call, 'owner'>, reference: string = defaultBusName): string {
  if (!reference.startsWith('arn:')) return innerBus(reference)
  const resource = ownResource(call, reference)
  if (!resource.startsWith('event-bus/')) throw invalid('The Arn is not that of an event bus.')
  return innerBus(resource.slice('event-bus/'.length))
}
