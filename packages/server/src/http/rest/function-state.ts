import { Type } from 'typebox'
import type { FunctionView } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { FunctionParams } from './functions.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'

const tag = 'functions'
const Reserved = Type.Object(
  { instances: Type.Integer({ minimum: 0, maximum: 100_000, description: '0 shuts the function.' }) },
  { additionalProperties: false },
)
const ReservedState = Type.Object({
  instances: Type.Union([Type.Integer(), Type.Null()], { description: '`null` when none are kept.' }),
})
const Callable = Type.Object({
  disabled: Type.Union([Type.String(), Type.Null()], {
    description: 'The reason; `null` when it may be called.',
  }),
})

/** Reserved instances of a function, and whether it may be called. */
export function functionStateRoutes(app: Application, { resources: { functions } }: Services): void {
  const reserved = '/functions/:function/reserved'

  app.get(reserved, { schema: getReserved }, request =>
    reservedState(functions.view(request.principal.account, request.params.function)),
  )

  app.put(reserved, { schema: putReserved }, async request => {
    const { account } = request.principal
    const { function: name } = request.params
    await functions.reserve(account, name, request.body.instances)
    return reservedState(functions.view(account, name))
  })

  app.delete(reserved, { schema: deleteReserved }, async (request, reply) => {
    await functions.unreserve(request.principal.account, request.params.function)
    return reply.code(204).send()
  })

  app.post('/functions/:function/disable', { schema: disableFunction }, async request => {
    const { account } = request.principal
    const { function: name } = request.params
    await functions.disable(account, name, request.body.reason)
    return callable(functions.view(account, name))
  })

  app.post('/functions/:function/enable', { schema: enableFunction }, async request => {
    const { account } = request.principal
    const { function: name } = request.params
    await functions.enable(account, name)
    return callable(functions.view(account, name))
  })
}

function reservedState({ reservedInstances }: FunctionView) {
  return { instances: reservedInstances ?? null }
}

function callable({ disabled }: FunctionView) {
  return { disabled: disabled ?? null }
}

const getReserved = operation({
  id: 'getReservedInstances',
  access: needs('fc:GetConcurrencyConfig', 'functions/:function'),
  tag,
  summary: 'Tells how many instances are kept for a function and limit it.',
  params: FunctionParams,
  answers: { 200: { description: 'The number.', schema: ReservedState } },
  refusals: { 404: ['resource.not-found'] },
})

const putReserved = operation({
  id: 'putReservedInstances',
  access: needs('fc:PutConcurrencyConfig', 'functions/:function'),
  tag,
  summary: 'Keeps instances for a function, which also limits it to them.',
  params: FunctionParams,
  body: Reserved,
  answers: { 200: { description: 'The number.', schema: ReservedState } },
  refusals: { 404: ['resource.not-found'], 507: ['storage.full'] },
})

const deleteReserved = operation({
  id: 'deleteReservedInstances',
  access: needs('fc:DeleteConcurrencyConfig', 'functions/:function'),
  tag,
  summary: 'Takes the reservation of a function back.',
  params: FunctionParams,
  answers: { 204: { description: 'There is none.', schema: null } },
  refusals: { 404: ['resource.not-found'], 507: ['storage.full'] },
})

const disableFunction = operation({
  id: 'disableFunction',
  access: needs('fc:DisableFunctionInvocation', 'functions/:function'),
  tag,
  summary: 'Refuses calls of a function from now on.',
  params: FunctionParams,
  body: Type.Object(
    {
      reason: Type.String({ default: '', maxLength: 256, description: 'Callers are told.' }),
    },
    { additionalProperties: false, default: {} },
  ),
  answers: { 200: { description: 'It may not be called.', schema: Callable } },
  refusals: { 404: ['resource.not-found'], 507: ['storage.full'] },
})

const enableFunction = operation({
  id: 'enableFunction',
  access: needs('fc:EnableFunctionInvocation', 'functions/:function'),
  tag,
  summary: 'Lets a function be called again.',
  params: FunctionParams,
  answers: { 200: { description: 'It may be called.', schema: Callable } },
  refusals: { 404: ['resource.not-found'], 507: ['storage.full'] },
})
