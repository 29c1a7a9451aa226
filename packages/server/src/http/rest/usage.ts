import { AppError, retryNever } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import { noUsage, type RequestRecord, sumOfUsage, type UsageDay } from '../../functions/index.ts'
import { Name } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { FunctionParams } from './functions.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'

/** Days that one answer covers at most. */
export const usageDaysMax = 400

const Day = Type.String({
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  description: 'In UTC, such as `2026-01-31`.',
})

const UsageQuery = Type.Object(
  { function: Type.Optional(Name), from: Type.Optional(Day), to: Type.Optional(Day) },
  { additionalProperties: false },
)

const RequestsQuery = Type.Object(
  { limit: Type.Integer({ default: 100, minimum: 1, maximum: 1_000, description: 'The newest so many.' }) },
  { additionalProperties: false },
)

/** What functions have used, and which invocations there were. */
export function usageRoutes(app: Application, services: Services): void {
  app.get('/usage', { schema: getUsage }, async request => {
    const { function: name } = request.query
    const { from, to } = days(request.query, services.clock.nowMs())
    const items = await services.functions.usage(request.principal.account, {
      ...(name === undefined ? {} : { function: name }),
      from,
      to,
    })
    return { from, to, total: totalOf(items), items }
  })

  app.get('/functions/:function/requests', { schema: getRequests }, async request => {
    const { account } = request.principal
    const { function: name } = request.params
    services.resources.functions.get(account, name)
    const records = services.functions.requests(account, name, request.query.limit)
    return { items: records.map(row) }
  })
}

const dayMs = 86_400_000

/** Without an end, today; without a beginning, the first of the month of the end. */
function days(query: Static<typeof UsageQuery>, nowMs: number): { from: string; to: string } {
  const to = query.to ?? new Date(nowMs).toISOString().slice(0, 10)
  const from = query.from ?? `${to.slice(0, 7)}-01`
  const count = (Date.parse(to) - Date.parse(from)) / dayMs + 1
  if (count >= 1 && count <= usageDaysMax) return { from, to }
  const message = `from ${from} to ${to} are ${count} days; 1 to ${usageDaysMax} are allowed`
  throw new AppError('http.invalid-request', message, retryNever, {
    details: { limit: usageDaysMax, seen: count },
  })
}

function totalOf(items: readonly UsageDay[]): typeof noUsage {
  return items.reduce<typeof noUsage>((sum, item) => sumOfUsage(sum, item), noUsage)
}

function row({ metering, qualifier, errorType, ...rest }: RequestRecord): object {
  const { durationMs, billedMs, waitMs, coldStart, phases, memoryMiB, memoryKiBMax, instanceId } = metering
  return {
    ...rest,
    ...(qualifier === undefined ? {} : { qualifier }),
    ...(errorType === undefined ? {} : { errorType }),
    durationMs,
    billedMs,
    waitMs,
    coldStart,
    memoryMiB,
    memoryKiBMax,
    instanceId,
    ...(phases === undefined ? {} : { coldStartMs: phases }),
  }
}

const Counts = Type.Record(Type.String(), Type.Integer())
const used = {
  invocations: Type.Integer({ description: 'That came to an instance.' }),
  failures: Type.Unsafe<Record<string, number>>(Counts),
  refusals: Type.Unsafe<Record<string, number>>(Counts),
  cancelled: Type.Integer(),
  coldStarts: Type.Integer(),
  coldStartMs: Type.Object({
    schedule: Type.Number(),
    code: Type.Number(),
    runtime: Type.Number(),
    initialize: Type.Number(),
  }),
  durationMs: Type.Number({
    description: 'Time that instances ran for; overlapping calls of one counted once.',
  }),
  gibSeconds: Type.Number({ description: 'That time times the memory that the function may use.' }),
  cpuSeconds: Type.Number({ description: 'That time times the cores that it may use.' }),
}

const getUsage = operation({
  id: 'getUsage',
  access: needs('millrace:GetUsage', 'usage'),
  tag: 'functions',
  summary: 'Tells what functions have used, by day.',
  description:
    'Days are those of UTC. Without `to` up to today, without `from` since the first of its month.',
  query: UsageQuery,
  answers: {
    200: {
      description: 'The sum, and each day of each function in which it was called.',
      schema: Type.Object({
        from: Day,
        to: Day,
        total: Type.Object(used),
        items: Type.Array(Type.Object({ day: Day, function: Name, ...used })),
      }),
    },
  },
  refusals: { 400: ['http.invalid-request'] },
})

const Request = Type.Object({
  requestId: Type.String(),
  version: Type.String(),
  qualifier: Type.Optional(Type.String()),
  calledAtMs: Type.Integer(),
  ending: Type.String({ description: '`ok`, or how it failed.' }),
  errorType: Type.Optional(Type.String()),
  durationMs: Type.Number(),
  billedMs: Type.Number(),
  waitMs: Type.Number({ description: 'Until an instance had it.' }),
  coldStart: Type.Boolean(),
  coldStartMs: Type.Optional(
    Type.Object({
      scheduleMs: Type.Number(),
      codeMs: Type.Number(),
      runtimeMs: Type.Number(),
      initializeMs: Type.Number(),
    }),
  ),
  memoryMiB: Type.Integer(),
  memoryKiBMax: Type.Number(),
  instanceId: Type.String(),
})

const getRequests = operation({
  id: 'getFunctionRequests',
  access: needs('millrace:GetFunctionRequests', 'fc:functions/:function'),
  tag: 'functions',
  summary: 'Lists the newest invocations of a function.',
  params: FunctionParams,
  query: RequestsQuery,
  answers: {
    200: { description: 'Newest first.', schema: Type.Object({ items: Type.Array(Request) }) },
  },
  refusals: { 404: ['resource.not-found', 'function.not-found'] },
})
