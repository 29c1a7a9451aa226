import { Type } from 'typebox'
import type { FunctionSpec, FunctionView } from '../../../resources/index.ts'
import { functionArn, functionName, ownerOf } from '../arn.ts'
import { answered, type Call, type Handler, jsonHandler, nothing, queryOf } from '../call.ts'
import { changing, creating } from '../creating.ts'
import {
  blankFunction,
  commonFields,
  foreignOf,
  functionFields,
  functionSpecOf,
  type ShownFunction,
  stableId,
  tagList,
} from '../model/index.ts'
import { functionsOf, shownFunction, uploadedCode } from '../operations/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import type { SubjectOf } from '../subject.ts'
import { tagFilter } from './tags.ts'

const CreateFunction = Type.Object({
  ...functionFields,
  functionName: Type.String({ minLength: 1, maxLength: 128 }),
  runtime: Type.String({ minLength: 1, maxLength: 64 }),
  handler: Type.String({ minLength: 1, maxLength: 128 }),
})
const UpdateFunction = Type.Object(functionFields)

/** `CreateFunction` and its siblings (function-compute section 2.6). */
export function functionHandlers(parts: FcParts, subjectOf: SubjectOf) {
  const { services } = parts
  const { functions } = services.resources

  const create = jsonHandler(CreateFunction, async (call, { functionName: given, ...input }) => {
    call.passRole(input.role)
    const name = functionName(given)
    const code = await uploadedCode(services, call, input.code)
    if (code === undefined && input.customContainerConfig === undefined) {
      throw invalidArgument('code.zipFile or customContainerConfig is required')
    }
    const spec = functionSpecOf(input, blankFunction, code)
    await creating('Function', `function '${given}'`, () => functions.put(call.account, name, spec, 0))
    return answered(await shown(parts, functions.view(call.account, name)))
  })

  const update = jsonHandler(UpdateFunction, async (call, input) => {
    call.passRole(input.role)
    const { account, name } = await subjectOf(call)
    functions.get(account, name)
    const code = await uploadedCode(services, call, input.code)
    await changing(async () => {
      const { spec, revision } = functions.get(account, name)
      await functions.put(account, name, functionSpecOf(input, spec, code), revision)
    })
    return answered(await shown(parts, functions.view(account, name)))
  })

  const get: Handler = async call => {
    const { account, name, qualifier } = await subjectOf(call)
    return answered(
      await shown(parts, functions.view(account, name), functions.form(account, name, qualifier)),
    )
  }

  const remove: Handler = async call => {
    const { account, name } = await subjectOf(call)
    await functions.delete(account, name)
    return nothing
  }

  const list: Handler = async call => {
    const fits = filterOf(call)
    const { items, ...next } = pageOf(
      call,
      functionsOf(services, call.account).filter(fits),
      ({ name }) => name,
    )
    return answered({ functions: await Promise.all(items.map(view => shown(parts, view))), ...next })
  }

  return { create, update, get, remove, list }
}

type Form = { readonly spec: FunctionSpec; readonly createdAtMs: number; readonly updatedAtMs: number }

async function shown({ services }: FcParts, view: FunctionView, form: Form = view): Promise<object> {
  const owner = ownerOf(services, view.account)
  const found: ShownFunction = await shownFunction(services, form.spec, form)
  const { layers, ...common } = commonFields(owner, found)
  const { spec } = form
  return {
    functionName: view.name,
    functionArn: functionArn(owner, view.name),
    functionId: stableId('function', view.account, view.name, view.createdAtMs),
    ...common,
    // Texts in the question, objects in the answer.
    layers: (layers as string[]).map(arn => ({ arn })),
    internetAccess: spec.network !== 'off',
    role: spec.role ?? '',
    idleTimeout: spec.idleMs === undefined ? -1 : Math.ceil(spec.idleMs / 1_000),
    tags: tagList(view.spec.tags),
    state: 'Active',
    stateReason: '',
    stateReasonCode: '',
    lastUpdateStatus: 'Successful',
    lastUpdateStatusReason: '',
    lastUpdateStatusReasonCode: '',
    ...(view.disabled === undefined
      ? {}
      : { invocationRestriction: { disable: true, reason: view.disabled } }),
  }
}

/** The filters of a list. Functions of services, which the second generation makes, have a dot in their names. */
function filterOf(call: Call): (view: FunctionView) => boolean {
  const fcVersion = queryOf(call, 'fcVersion')
  if (fcVersion !== undefined && fcVersion !== 'v2' && fcVersion !== 'v3') {
    throw invalidArgument('fcVersion is v2 or v3')
  }
  const [prefix, name, runtime, description, group, gpuType] = [
    'prefix',
    'functionName',
    'runtime',
    'description',
    'resourceGroupId',
    'gpuType',
  ].map(parameter => queryOf(call, parameter))
  const hasTags = tagFilter(queryOf(call, 'tags'))
  return view => {
    const { spec } = view
    const foreign = foreignOf(spec.foreign)
    const gpu = foreign['gpuConfig'] as { gpuType?: unknown } | undefined
    return (
      view.name.startsWith(functionName(prefix ?? '')) &&
      (name === undefined || view.name.includes(functionName(name))) &&
      (runtime === undefined || spec.runtime === runtime) &&
      (description === undefined || spec.description.includes(description)) &&
      (group === undefined || foreign['resourceGroupId'] === group) &&
      (gpuType === undefined || gpu?.gpuType === gpuType) &&
      (fcVersion === undefined || view.name.includes('.') === (fcVersion === 'v2')) &&
      hasTags(spec.tags)
    )
  }
}
