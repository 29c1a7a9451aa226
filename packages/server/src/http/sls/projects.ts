import { AppError } from '@millrace/spi'
import type { ForeignDocument, ForeignDocuments } from '../../resources/index.ts'
import { type Answer, type Call, jsonObject, type Operation, type SlsContext, textOf } from './call.ts'
import { storesOf } from './log-store-name.ts'
import { parameterInvalid, Refusal } from './refusal.ts'
import { defaultProject, wholeNumber } from './target.ts'

const nameExpression = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/
const descriptionLengthMax = 64
const pageMax = 500

/** A project is a name before those of log stores, and a description. */
interface Project {
  readonly name: string
  readonly description: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export const createProject: Operation = {
  needs: ['log:CreateProject', 'project'],
  async run(context, call) {
    const given = jsonObject(call)
    const name = textOf(given, 'projectName')
    if (!nameExpression.test(name)) {
      throw parameterInvalid(
        'projectName has 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends',
      )
    }
    const exists = new Refusal('ProjectAlreadyExist', `project ${name} already exists`)
    if (name === defaultProject) throw exists
    try {
      await projects(context).put(call.account, name, { description: descriptionOf(given) }, 0)
    } catch (thrown) {
      throw thrown instanceof AppError && thrown.code === 'resource.conflict' ? exists : thrown
    }
    return {}
  },
}

export const getProject: Operation = {
  needs: ['log:GetProject', 'project'],
  async run(context, call) {
    return { json: shown(await findProject(context, call), context, call) }
  },
}

export const updateProject: Operation = {
  needs: ['log:UpdateProject', 'project'],
  async run(context, call) {
    const { name } = await findProject(context, call)
    await projects(context).put(call.account, name, { description: descriptionOf(jsonObject(call)) })
    return {}
  },
}

/** Deletes the project with its log stores. */
export const deleteProject: Operation = {
  needs: ['log:DeleteProject', 'project'],
  async run(context, call) {
    const { name } = await findProject(context, call)
    const { logStores } = context.services.resources
    for (const view of storesOf(context, call.account, name)) await logStores.delete(call.account, view.name)
    await projects(context).delete(call.account, name)
    return {}
  },
}

export const listProjects: Operation = {
  needs: ['log:ListProject', 'projects'],
  async run(context, call) {
    const { query } = call.target
    const offset = wholeNumber(query, 'offset', { low: 0, high: Number.MAX_SAFE_INTEGER, otherwise: 0 })
    const size = wholeNumber(query, 'size', { low: 0, high: pageMax, otherwise: 100 })
    const part = query.get('projectName') ?? ''
    const found = (await allProjects(context, call.account)).filter(({ name }) => name.includes(part))
    const page = found.slice(offset, offset + size).map(project => shown(project, context, call))
    return { json: { count: page.length, total: found.length, projects: page } }
  },
}

/** Throws `ProjectNotExist` unless the project of a request is there. */
export async function checkProject(context: SlsContext, call: Call): Promise<void> {
  await findProject(context, call)
}

/** What a request about a log store that is not there is told: the project may be what is missing. */
export async function missingLogStore(context: SlsContext, call: Call): Promise<Refusal> {
  await findProject(context, call)
  return new Refusal('LogStoreNotExist', `logstore ${call.logStore} does not exist`, 404)
}

async function findProject(context: SlsContext, { account, project }: Call): Promise<Project> {
  const found = await projects(context).find(account, project)
  if (found !== undefined) return projectOf(found)
  if (project === defaultProject) return implicit(context)
  throw new Refusal('ProjectNotExist', `The Project does not exist : ${project.slice(0, 64)}`, 404)
}

async function allProjects(context: SlsContext, account: string): Promise<Project[]> {
  const found: Project[] = []
  let after: string | undefined
  do {
    const page = await projects(context).list(account, { after, limit: 1_000 })
    found.push(...page.items.map(projectOf))
    after = page.next
  } while (after !== undefined)
  const isNamed = found.some(({ name }) => name === defaultProject)
  const hasStores = storesOf(context, account, defaultProject).length > 0
  // The project that nobody has to make is shown once something is in it.
  return isNamed || !hasStores ? found : [implicit(context), ...found]
}

function implicit({ services }: SlsContext): Project {
  const { startedAtMs } = services.node
  return { name: defaultProject, description: '', createdAtMs: startedAtMs, updatedAtMs: startedAtMs }
}

function projects({ services }: SlsContext): ForeignDocuments {
  return services.resources.foreign.of('sls', 'project')
}

function projectOf({ name, value, createdAtMs, updatedAtMs }: ForeignDocument): Project {
  return { name, description: textOf(value, 'description'), createdAtMs, updatedAtMs }
}

function descriptionOf(given: Readonly<Record<string, unknown>>): string {
  const text = given['description'] ?? ''
  if (typeof text === 'string' && text.length <= descriptionLengthMax) return text
  throw parameterInvalid(`description is a text of at most ${descriptionLengthMax} characters`)
}

function shown(
  { name, description, createdAtMs, updatedAtMs }: Project,
  { services }: SlsContext,
  { account }: Call,
): Answer['json'] {
  return {
    projectName: name,
    description,
    status: 'Normal',
    owner: account,
    region: services.node.region,
    createTime: dateTime(createdAtMs),
    lastModifyTime: dateTime(updatedAtMs),
  }
}

function dateTime(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')
}
