import { Type } from 'typebox'
import { busKey, notFound, queueName, type RuleSpec } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'
import { RuleParams, TargetParams } from './resource-schemas.ts'

/** Times that pausing tries again when somebody else changes the rule in between. */
const writeAttemptsMax = 5

const ResumeBody = Type.Object(
  { lane: Type.Optional(Type.String({ maxLength: 8_192, description: 'Only this parked key.' })) },
  { additionalProperties: false, default: {} },
)

/** How the targets of a rule stand, and stopping and starting them. */
export function ruleTargetRoutes(app: Application, services: Services): void {
  const { rules } = services.resources

  app.get('/buses/:bus/rules/:rule/status', { schema: getRuleStatus }, async request => {
    const { account } = request.principal
    const { bus, rule } = request.params
    const { spec } = rules.get(account, bus, rule)
    const targets = await Promise.all(
      spec.targets.map(async ({ id }) => ({
        id,
        ...(await services.delivery.status(queueName(busKey(account, bus), rule, id))),
      })),
    )
    return { name: rule, state: spec.state, targets }
  })

  app.post(
    '/buses/:bus/rules/:rule/targets/:target/pause',
    { schema: pauseTarget },
    async (request, reply) => {
      await setPaused(services, request.principal.account, request.params, true)
      return reply.code(204).send()
    },
  )

  app.post(
    '/buses/:bus/rules/:rule/targets/:target/resume',
    { schema: resumeTarget },
    async (request, reply) => {
      const { account } = request.principal
      const { bus, rule, target } = request.params
      const { lane } = request.body
      if (lane === undefined) await setPaused(services, account, request.params, false)
      else targetOf(rules.get(account, bus, rule).spec, rule, target)
      await services.delivery.resume(queueName(busKey(account, bus), rule, target), lane)
      return reply.code(204).send()
    },
  )
}

/** Pausing is a part of the rule, so that it outlives a restart; a change by somebody else in between is not lost. */
async function setPaused(
  services: Services,
  account: string,
  { bus, rule, target }: { bus: string; rule: string; target: string },
  paused: boolean,
): Promise<void> {
  const { rules } = services.resources
  for (let attempt = 1; ; attempt++) {
    const { spec, revision } = rules.get(account, bus, rule)
    if (targetOf(spec, rule, target).paused === paused) return
    const targets = spec.targets.map(one => (one.id === target ? { ...one, paused } : one))
    try {
      await rules.put(account, bus, rule, { ...spec, targets }, revision)
      return
    } catch (thrown) {
      const hasChanged = rules.get(account, bus, rule).revision !== revision
      if (!hasChanged || attempt === writeAttemptsMax) throw thrown
    }
  }
}

function targetOf(spec: RuleSpec, rule: string, target: string): RuleSpec['targets'][number] {
  const found = spec.targets.find(({ id }) => id === target)
  if (found === undefined) throw notFound('target', `${rule}/${target}`)
  return found
}

const TargetStatusSchema = Type.Object({
  id: Type.String(),
  pending: Type.Integer({ description: 'Deliveries that have not ended, in flight or not.' }),
  inFlight: Type.Integer(),
  state: Type.Union(['running', 'paused', 'blocked', 'circuit-open'].map(state => Type.Literal(state))),
  lanesParked: Type.Array(Type.String(), { description: 'Keys that wait for a person.' }),
  nextAttemptAtMs: Type.Optional(Type.Integer()),
  lastError: Type.Optional(Type.Object({}, { additionalProperties: true })),
})

const getRuleStatus = operation({
  id: 'getRuleStatus',
  access: needs('eventbridge:GetRule', 'eventbus/:bus/rule/:rule'),
  tag: 'rules',
  summary: 'Tells how the targets of a rule stand.',
  params: RuleParams,
  answers: {
    200: {
      description: 'One entry for each target.',
      schema: Type.Object({
        name: Type.String(),
        state: Type.String(),
        targets: Type.Array(TargetStatusSchema),
      }),
    },
  },
  refusals: { 404: ['resource.not-found', 'delivery.target-not-found'] },
})

const pauseTarget = operation({
  id: 'pauseTarget',
  access: needs('millrace:PauseTarget', 'eventbridge:eventbus/:bus/rule/:rule/target/:target'),
  tag: 'rules',
  summary: 'Stops deliveries to a target; they are kept until it is resumed.',
  params: TargetParams,
  answers: { 204: { description: 'It is paused.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})

const resumeTarget = operation({
  id: 'resumeTarget',
  access: needs('millrace:ResumeTarget', 'eventbridge:eventbus/:bus/rule/:rule/target/:target'),
  tag: 'rules',
  summary:
    'Lets a paused or blocked target go on, closes its circuit and un-parks its keys; or only one key.',
  params: TargetParams,
  body: ResumeBody,
  answers: { 204: { description: 'It goes on.', schema: null } },
  refusals: { 404: ['resource.not-found', 'delivery.target-not-found'] },
})
