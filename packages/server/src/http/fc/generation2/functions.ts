import { Type } from 'typebox'
import type { FunctionSpec } from '../../../resources/index.ts'
import { ownerOf } from '../arn.ts'
import { answered, type Handler, isObject, jsonHandler, nothing, queryOf } from '../call.ts'
import { changing, creating } from '../creating.ts'
import { blankFunction, commonFields, functionFields, functionSpecOf, stableId } from '../model/index.ts'
import { shownFunction, uploadedCode } from '../operations/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import { forgetOnDemand } from './capacity.ts'
import { expectedRevision, guarded, tagged } from './entity-tag.ts'
import { nameInService, type ServiceBook } from './service-book.ts'
import { serviceOf, type ServiceSubjectOf } from './subject.ts'

const olderFields = {
  ...functionFields,
  /** As the middle version of the interface spells it. */
  InstanceConcurrency: functionFields.instanceConcurrency,
}
const CreateFunction = Type.Object({
  ...olderFields,
  functionName: Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$' }),
  runtime: Type.String({ minLength: 1, maxLength: 64 }),
  handler: Type.String({ minLength: 1, maxLength: 128 }),
})
const UpdateFunction = Type.Object(olderFields)

/** Functions of services. Role and network are the service's. */
export function functionHandlers(parts: FcParts, book: ServiceBook, subjectOf: ServiceSubjectOf) {
  const { services } = parts
  const { functions } = services.resources

  const create = jsonHandler(
    CreateFunction,
    async (call, { functionName, InstanceConcurrency, ...input }) => {
      const { account } = call
      const { service } = serviceOf(call)
      await book.check(account, service)
      const code = await uploadedCode(services, call, input.code)
      if (code === undefined && input.customContainerConfig === undefined) {
        throw invalidArgument('code.zipFile or customContainerConfig is required')
      }
      const settings = (await book.documents.find(account, service))?.value ?? {}
      const base = serviceBase(settings)
      call.passRole(base.role)
      const spec = functionSpecOf(withConcurrency(input, InstanceConcurrency), base, code)
      const name = nameInService(service, functionName)
      const what = `function '${functionName}' of service '${service}'`
      await creating('Function', what, () => functions.put(account, name, spec, 0))
      return await shownNow(parts, account, service, functionName)
    },
  )

  const update = jsonHandler(UpdateFunction, async (call, { InstanceConcurrency, ...input }) => {
    const { account, name, service, shortName } = await subjectOf(call)
    functions.get(account, name)
    const code = await uploadedCode(services, call, input.code)
    await guarded(call, () =>
      changing(async () => {
        const { spec, revision } = functions.get(account, name)
        const changed = functionSpecOf(withConcurrency(input, InstanceConcurrency), spec, code)
        await functions.put(account, name, changed, expectedRevision(call) ?? revision)
      }),
    )
    return await shownNow(parts, account, service, shortName)
  })

  const get: Handler = async call => {
    const { account, name, service, shortName, qualifier } = await subjectOf(call)
    const form = functions.form(account, name, qualifier)
    return tagged(await shown(parts, account, service, shortName, form), form.revision)
  }

  const remove: Handler = async call => {
    const { account, name } = await subjectOf(call)
    await guarded(call, () => functions.delete(account, name, expectedRevision(call)))
    await forgetOnDemand(parts, account, name)
    return nothing
  }

  return { create, update, get, list: listHandler(parts, book), remove }
}

/** The functions of a service; of a version of it, as they were. */
function listHandler(parts: FcParts, book: ServiceBook): Handler {
  const { functions } = parts.services.resources
  return async call => {
    const { account } = call
    const { service, qualifier: shownQualifier } = serviceOf(call)
    await book.check(account, service)
    const prefix = queryOf(call, 'prefix') ?? ''
    const inVersion = await book.functionsIn(account, service, shownQualifier)
    const names = book
      .functionsOf(account, service)
      .filter(name => name.startsWith(prefix) && (inVersion === undefined || Object.hasOwn(inVersion, name)))
    const { items, ...next } = pageOf(call, names, name => name)
    const forms = items.map(async short => {
      const { qualifier } = await book.resolve(account, service, short, shownQualifier)
      return await shown(
        parts,
        account,
        service,
        short,
        functions.form(account, nameInService(service, short), qualifier),
      )
    })
    return answered({ functions: await Promise.all(forms), ...next })
  }
}

/** What a new function of the service begins with. */
function serviceBase({ role, internetAccess }: Readonly<Record<string, unknown>>): FunctionSpec {
  return {
    ...blankFunction,
    network: internetAccess === false ? 'off' : 'on',
    ...(typeof role === 'string' && role !== '' ? { role } : {}),
  }
}

function withConcurrency<Input extends { readonly instanceConcurrency?: number }>(
  input: Input,
  older: number | undefined,
): Input {
  return older === undefined || input.instanceConcurrency !== undefined
    ? input
    : { ...input, instanceConcurrency: older }
}

type Form = { readonly spec: FunctionSpec; readonly createdAtMs: number; readonly updatedAtMs: number }

async function shownNow(parts: FcParts, account: string, service: string, short: string) {
  const form = parts.services.resources.functions.get(account, nameInService(service, short))
  return tagged(await shown(parts, account, service, short, form), form.revision)
}

async function shown(
  { services }: FcParts,
  account: string,
  service: string,
  short: string,
  form: Form,
): Promise<object> {
  const { spec } = form
  const common = commonFields(ownerOf(services, account), await shownFunction(services, spec, form))
  const { customContainerConfig: container } = common
  return {
    functionName: short,
    functionId: stableId('function', account, nameInService(service, short), form.createdAtMs),
    instanceType: 'e1',
    ...common,
    initializer: spec.initializer ?? '',
    initializationTimeout: Math.ceil(spec.initializerTimeoutMs / 1_000),
    ...(spec.server === undefined ? {} : { caPort: spec.server.port }),
    ...(isObject(container) ? { customContainerConfig: olderContainer(container) } : {}),
  }
}

/** Programs of images are JSON texts in this generation. */
function olderContainer({ entrypoint, command, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return { ...rest, command: JSON.stringify(entrypoint ?? []), args: JSON.stringify(command ?? []) }
}
