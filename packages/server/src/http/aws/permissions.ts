import { type Static, Type } from 'typebox'
import { AppError } from '@millrace/spi'
import { parseJson } from '../json-body.ts'
import { busOf } from './bus-access.ts'
import { foreignOf, withForeign } from './foreign.ts'
import { busArn, BusReference } from './names.ts'
import { type Answer, type Call, isObject, type Operation, operation } from './operation.ts'
import { invalid, noSuch, Refusal } from './refusal.ts'

const StatementId = Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-zA-Z0-9_-]+$' })
const PutPermission = Type.Object({
  EventBusName: BusReference,
  Action: Type.Optional(Type.String({ maxLength: 64 })),
  Principal: Type.Optional(Type.String({ pattern: String.raw`^(\d{12}|\*)$` })),
  StatementId: Type.Optional(StatementId),
  Condition: Type.Optional(Type.Object({ Type: Type.String(), Key: Type.String(), Value: Type.String() })),
  Policy: Type.Optional(Type.String()),
})
const RemovePermission = Type.Object({
  EventBusName: BusReference,
  StatementId: Type.Optional(StatementId),
  RemoveAllPermissions: Type.Optional(Type.Boolean()),
})

/** Longest policy of a bus, in characters. */
const policyLengthMax = 10_240

/** Permissions of a bus are kept and given back; who may do what is decided elsewhere. */
export const permissionOperations: Readonly<Record<string, Operation>> = {
  PutPermission: operation(PutPermission, put),
  RemovePermission: operation(RemovePermission, remove),
}

interface Policy {
  readonly Version: string
  readonly Statement: readonly Readonly<Record<string, unknown>>[]
}

/** The policy that a bus keeps. */
export function statementsOf(foreign: Readonly<Record<string, unknown>> | undefined): Policy | undefined {
  const { Policy: kept } = foreignOf(foreign)
  return isPolicy(kept) ? kept : undefined
}

async function put(call: Call, input: Static<typeof PutPermission>): Promise<Answer> {
  const bus = await busOf(call, input.EventBusName)
  const before = statementsOf(bus.spec.foreign)?.Statement ?? []
  const policy =
    input.Policy === undefined ? withStatement(call, bus.name, before, input) : read(input.Policy)
  const { length } = JSON.stringify(policy)
  if (length > policyLengthMax) {
    const message = `The policy has ${length} characters; at most ${policyLengthMax} are allowed.`
    throw new Refusal('PolicyLengthExceededException', message)
  }
  await keep(call, bus.name, policy)
  return {}
}

async function remove(call: Call, input: Static<typeof RemovePermission>): Promise<Answer> {
  const bus = await busOf(call, input.EventBusName)
  if (input.RemoveAllPermissions === true) {
    await keep(call, bus.name, undefined)
    return {}
  }
  if (input.StatementId === undefined) throw invalid('Parameter StatementId is required.')
  const policy = statementsOf(bus.spec.foreign)
  const left = policy?.Statement.filter(({ Sid }) => Sid !== input.StatementId) ?? []
  if (policy === undefined || left.length === policy.Statement.length) {
    throw noSuch(`Statement ${input.StatementId}`)
  }
  await keep(call, bus.name, left.length === 0 ? undefined : { ...policy, Statement: left })
  return {}
}

async function keep({ services, account }: Call, bus: string, policy: Policy | undefined): Promise<void> {
  const { buses } = services.resources
  const { spec, revision } = buses.get(account, bus)
  const { foreign, ...rest } = spec
  await buses.put(account, bus, { ...rest, ...withForeign(foreign, { Policy: policy }) }, revision)
}

function withStatement(
  call: Call,
  bus: string,
  before: Policy['Statement'],
  { StatementId: Sid, Principal, Action, Condition }: Static<typeof PutPermission>,
): Policy {
  if (Sid === undefined || Principal === undefined || Action === undefined) {
    throw invalid('Parameters StatementId, Principal and Action are required when there is no Policy.')
  }
  if (Action !== 'events:PutEvents') throw invalid('Provided value in parameter action is not supported.')
  const statement = {
    Sid,
    Effect: 'Allow',
    Principal: Principal === '*' ? '*' : { AWS: `arn:aws:iam::${Principal}:root` },
    Action,
    Resource: busArn(call, bus),
    ...(Condition === undefined
      ? {}
      : { Condition: { [Condition.Type]: { [Condition.Key]: Condition.Value } } }),
  }
  const others = before.filter(one => one['Sid'] !== Sid)
  return { Version: '2012-10-17', Statement: [...others, statement] }
}

function read(text: string): Policy {
  const parsed = parseJson(Buffer.from(text))
  if (parsed instanceof AppError || !isPolicy(parsed.value)) {
    throw invalid('The Policy must be a JSON object with Version and a list Statement.')
  }
  return parsed.value
}

function isPolicy(value: unknown): value is Policy {
  return (
    isObject(value) &&
    typeof value['Version'] === 'string' &&
    Array.isArray(value['Statement']) &&
    value['Statement'].every(isObject)
  )
}
