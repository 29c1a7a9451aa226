import { type Static, Type } from 'typebox'
import { busKey, type NamedView, type InstanceSpec } from '../../resources/index.ts'
import { pick } from './buses.ts'
import {
  AuthorizationType,
  AuthParameters,
  connectionOptions,
  shownParameters,
} from './connection-options.ts'
import { foreignOf, innerDescription, withForeign } from './foreign.ts'
import { arnOf, checkedName, Description, ResourceName } from './names.ts'
import { type Answer, type Call, type Operation, operation } from './operation.ts'
import { pageOf, PageMembers } from './paging.ts'
import { alreadyThere, noSuch } from './refusal.ts'
import { rewriteTargetsOfConnection } from './rewrite-targets.ts'
import { uuidOf } from './uuid.ts'

const Name = Type.Object({ Name: ResourceName })
const CreateConnection = Type.Object({
  Name: ResourceName,
  Description,
  AuthorizationType,
  AuthParameters,
  KmsKeyIdentifier: Type.Optional(Type.String({ maxLength: 2_048 })),
})
const UpdateConnection = Type.Object({
  Name: ResourceName,
  Description,
  AuthorizationType: Type.Optional(AuthorizationType),
  AuthParameters: Type.Optional(AuthParameters),
  KmsKeyIdentifier: Type.Optional(Type.String({ maxLength: 2_048 })),
})
const ListConnections = Type.Object({
  NamePrefix: Type.Optional(ResourceName),
  ConnectionState: Type.Optional(Type.String()),
  ...PageMembers,
})

/** What a connection keeps beside its options. */
interface Kept {
  readonly unique: string
  readonly AuthorizationType: AuthorizationType
  readonly AuthParameters: Record<string, unknown>
  readonly ConnectionState: 'AUTHORIZED' | 'DEAUTHORIZED'
  readonly authorizedAtMs: number
  readonly Description?: string
  readonly KmsKeyIdentifier?: string
}

type View = NamedView<InstanceSpec>

/** Credentials for HTTP targets: instances of the HTTP connector (section 10.7 of the AWS protocol). */
export const connectionOperations: Readonly<Record<string, Operation>> = {
  CreateConnection: operation(CreateConnection, create),
  UpdateConnection: operation(UpdateConnection, update),
  DescribeConnection: operation(Name, (call, input) => {
    const view = connection(call, input.Name)
    const { AuthParameters: parameters, Description: text, KmsKeyIdentifier } = keptOf(view)
    return {
      ...shown(call, view),
      ...pick({ Description: text, KmsKeyIdentifier }, ['Description', 'KmsKeyIdentifier']),
      AuthParameters: parameters,
    }
  }),
  ListConnections: operation(ListConnections, (call, input) => {
    const wanted = input.ConnectionState
    const found = [...call.services.resources.snapshots.current().instances.values()]
      .filter(view => view.account === call.account && isConnection(view))
      .filter(({ name }) => name.startsWith(input.NamePrefix ?? ''))
      .filter(view => wanted === undefined || keptOf(view).ConnectionState === wanted)
      .sort((left, right) => (left.name < right.name ? -1 : 1))
    return pageOf('Connections', found, input, view => shown(call, view))
  }),
  DeauthorizeConnection: operation(Name, async (call, input) => {
    const view = connection(call, input.Name)
    const { auth: _secrets, ...options } = view.spec.options
    const kept = withForeign(view.spec.foreign, { ConnectionState: 'DEAUTHORIZED' })
    await call.services.resources.instances.put(
      call.account,
      input.Name,
      { ...view.spec, options, ...kept },
      view.revision,
    )
    return times(call, connection(call, input.Name))
  }),
  DeleteConnection: operation(Name, async (call, input) => {
    const view = connection(call, input.Name)
    await call.services.resources.instances.delete(call.account, input.Name, view.revision)
    return { ...times(call, view), ConnectionState: 'DELETING' }
  }),
}

async function create(call: Call, input: Static<typeof CreateConnection>): Promise<Answer> {
  checkedName('a connection', input.Name)
  const { instances } = call.services.resources
  const isThere = call.services.resources.snapshots.current().instances.has(busKey(call.account, input.Name))
  if (isThere) throw alreadyThere(`Connection ${input.Name}`)
  const kept: Kept = {
    unique: uuidOf(call.random),
    AuthorizationType: input.AuthorizationType,
    AuthParameters: shownParameters(input.AuthParameters),
    ConnectionState: 'AUTHORIZED',
    authorizedAtMs: call.services.clock.nowMs(),
    ...pick(input, ['Description', 'KmsKeyIdentifier']),
  }
  const spec = {
    description: innerDescription(input.Description),
    connector: 'http',
    options: connectionOptions(input.AuthorizationType, input.AuthParameters),
    ...withForeign(undefined, { ...kept }),
  }
  await instances.put(call.account, input.Name, spec, 0, 'aws', { quota: 'connections', has: isConnection })
  return times(call, connection(call, input.Name))
}

/** What is not named keeps its value; credentials are replaced whole. */
async function update(call: Call, input: Static<typeof UpdateConnection>): Promise<Answer> {
  const view = connection(call, input.Name)
  const type = input.AuthorizationType ?? keptOf(view).AuthorizationType
  const given = input.AuthParameters
  const credentials =
    given === undefined
      ? undefined
      : {
          AuthorizationType: type,
          AuthParameters: shownParameters(given),
          ConnectionState: 'AUTHORIZED',
          authorizedAtMs: call.services.clock.nowMs(),
        }
  const kept = { ...credentials, ...pick(input, ['Description', 'KmsKeyIdentifier']) }
  const spec = {
    ...view.spec,
    ...(input.Description === undefined ? {} : { description: innerDescription(input.Description) }),
    ...(given === undefined ? {} : { options: connectionOptions(type, given) }),
    ...withForeign(view.spec.foreign, kept),
  }
  await call.services.resources.instances.put(call.account, input.Name, spec, view.revision)
  // Headers and parameters of the connection are part of the targets.
  if (given !== undefined) await rewriteTargetsOfConnection(call, input.Name)
  return times(call, connection(call, input.Name))
}

/** Throws `ResourceNotFoundException`; also for an instance that another interface has made. */
export function connection({ services, account }: Call, name: string): View {
  const view = services.resources.snapshots.current().instances.get(busKey(account, name))
  if (view === undefined || !isConnection(view)) throw noSuch(`Connection ${name}`)
  return view
}

function isConnection(view: View): boolean {
  return typeof foreignOf(view.spec.foreign)['AuthorizationType'] === 'string'
}

function keptOf({ spec }: View): Kept {
  return foreignOf(spec.foreign) as unknown as Kept
}

export function connectionArn(call: Call, view: View): string {
  return arnOf(call, `connection/${view.name}/${keptOf(view).unique}`)
}

function times(call: Call, view: View): Record<string, unknown> {
  const { ConnectionState, authorizedAtMs } = keptOf(view)
  return {
    ConnectionArn: connectionArn(call, view),
    ConnectionState,
    CreationTime: view.createdAtMs / 1_000,
    LastModifiedTime: view.updatedAtMs / 1_000,
    LastAuthorizedTime: authorizedAtMs / 1_000,
  }
}

function shown(call: Call, view: View): Record<string, unknown> {
  return { ...times(call, view), Name: view.name, AuthorizationType: keptOf(view).AuthorizationType }
}
