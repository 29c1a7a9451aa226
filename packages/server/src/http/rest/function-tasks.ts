import { type Static, Type } from 'typebox'
import { type Task, taskPageMax, type TaskQuery, taskStatuses } from '../../functions/index.ts'
import { Name } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { FunctionParams } from './functions.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'

const TaskId = Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$' })
const TaskParams = Type.Object({ function: Name, task: TaskId })
const Status = Type.Union(taskStatuses.map(status => Type.Literal(status)))

const TasksQuery = Type.Object(
  {
    status: Type.Optional(Status),
    prefix: Type.Optional(Type.String({ maxLength: 128, description: 'Beginning of the task ids.' })),
    startedFromMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Called at or after.' })),
    startedBeforeMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Called before.' })),
    order: Type.Union([Type.Literal('ascending'), Type.Literal('descending')], {
      default: 'descending',
      description: 'By the time of the call.',
    }),
    limit: Type.Integer({ default: taskPageMax, minimum: 1, maximum: taskPageMax }),
    after: Type.Optional(Type.String({ maxLength: 160, description: '`next` of the page before.' })),
  },
  { additionalProperties: false },
)

/** `/functions/{function}/tasks`: the records of asynchronous calls, where the setting of the qualifier says `tasks`. */
export function functionTaskRoutes(app: Application, services: Services): void {
  const { tasks } = services.calls

  app.get('/functions/:function/tasks', { schema: listTasks }, async request => {
    const { account } = request.principal
    return await tasks.list(account, request.params.function, taskQuery(request.query))
  })

  app.get('/functions/:function/tasks/:task', { schema: getTask }, async request => {
    const { function: name, task } = request.params
    const { payload, ...record } = await tasks.get(request.principal.account, name, task)
    return { ...record, payload: Buffer.from(payload).toString('base64') }
  })

  app.post('/functions/:function/tasks/:task/stop', { schema: stopTask }, async (request, reply) => {
    const { function: name, task } = request.params
    return reply.code(202).send(await tasks.stop(request.principal.account, name, task))
  })
}

function taskQuery(query: Static<typeof TasksQuery>): TaskQuery {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as TaskQuery
}

const taskMembers = {
  taskId: Type.String(),
  requestId: Type.String(),
  functionName: Type.String(),
  qualifier: Type.String(),
  functionCreatedAtMs: Type.Integer(),
  status: Status,
  startedAtMs: Type.Integer({ description: 'When it was called.' }),
  endedAtMs: Type.Optional(Type.Integer()),
  durationMs: Type.Optional(Type.Number({ description: 'Of the last execution.' })),
  instanceId: Type.String(),
  retries: Type.Integer({ description: 'Executions after the first.' }),
  errorMessage: Type.String(),
  destinationStatus: Type.Union(['', 'Succeeded', 'Failed'].map(status => Type.Literal(status))),
  events: Type.Array(
    Type.Object({ id: Type.Integer(), atMs: Type.Integer(), status: Status, detail: Type.String() }),
  ),
} satisfies Readonly<Record<keyof Task, unknown>>

const TaskSchema = Type.Object(taskMembers)

const listTasks = operation({
  id: 'listTasks',
  access: needs('fc:ListAsyncTasks', 'functions/:function/async-tasks/*'),
  tag: 'functions',
  summary: 'Lists the asynchronous calls of a function that it keeps records of.',
  description: 'Records are kept for seven days after the end of the call.',
  params: FunctionParams,
  query: TasksQuery,
  answers: {
    200: {
      description: 'One page by time.',
      schema: Type.Object({ items: Type.Array(TaskSchema), next: Type.Optional(Type.String()) }),
    },
  },
  refusals: { 404: ['function.not-found'] },
})

const getTask = operation({
  id: 'getTask',
  access: needs('fc:GetAsyncTask', 'functions/:function/async-tasks/:task'),
  tag: 'functions',
  summary: 'Reads the record of an asynchronous call with its payload.',
  params: TaskParams,
  answers: {
    200: {
      description: 'The task.',
      schema: Type.Object({ ...taskMembers, payload: Type.String({ description: 'In base64.' }) }),
    },
  },
  refusals: { 404: ['function.not-found', 'function.task-not-found'] },
})

const stopTask = operation({
  id: 'stopTask',
  access: needs('fc:StopAsyncTask', 'functions/:function/async-tasks/:task'),
  tag: 'functions',
  summary: 'Stops an asynchronous call: one that waits is ended, the execution of one that runs is aborted.',
  params: TaskParams,
  answers: { 202: { description: 'It is stopped, or about to be.', schema: TaskSchema } },
  refusals: { 404: ['function.not-found', 'function.task-not-found'], 409: ['function.task-ended'] },
})
