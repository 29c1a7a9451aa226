import { AppError, retryNever } from '@millrace/spi'
import { Type } from 'typebox'
import { Name, Qualifier } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'

const Params = Type.Object({ function: Name, qualifier: Qualifier })

/** `GET /functions/{function}/scaling/{qualifier}/status`: what a scaling setting has come to. */
export function scalingStatusRoutes(app: Application, { functions, resources }: Services): void {
  app.get('/functions/:function/scaling/:qualifier/status', { schema: getScalingStatus }, request => {
    const { account } = request.principal
    const { function: name, qualifier } = request.params
    resources.scaling.get(account, name, qualifier)
    const status = functions.scaling(account, name, qualifier)
    if (status !== undefined) return status
    const message = `the alias ${qualifier} of function ${name} names no version that is there`
    throw new AppError('function.version-not-found', message, retryNever)
  })
}

const getScalingStatus = operation({
  id: 'getScalingStatus',
  access: needs('fc:GetScalingConfig', 'functions/:function'),
  tag: 'functions',
  summary: 'Tells how many instances are kept for a qualifier now, and why.',
  params: Params,
  answers: {
    200: {
      description: 'What was decided last, and what there is.',
      schema: Type.Object({
        version: Type.String({ description: 'That they are kept for.' }),
        instances: Type.Integer({ description: 'That are to be kept.' }),
        reason: Type.String({
          description:
            '`minimum`, `schedule` (the one that fired last) or `tracking` (a metric that is followed).',
        }),
        serving: Type.Integer({ description: 'Instances of the version now, those under load included.' }),
      }),
    },
  },
  refusals: { 404: ['resource.not-found', 'function.version-not-found'] },
})
