import { busKey, type InstanceSpec, type NamedPart, type NamedView } from '../../../resources/index.ts'
import type { Services } from '../../services.ts'
import { isObject } from '../action.ts'
import { foreignName, foreignOf } from '../foreign.ts'
import { connectionInstance, destinationInstance } from './names.ts'

/** An API destination as it was written. */
export interface KeptDestination {
  readonly ApiDestinationName: string
  readonly ConnectionName: string
  readonly Description?: string
  readonly InvocationRateLimitPerSecond?: number
  readonly HttpApiParameters: { readonly Endpoint: string; readonly Method: string }
}

export interface FoundDestination {
  readonly view: NamedView<InstanceSpec>
  readonly destination: KeptDestination
}

/** The API destinations of an account, by name. */
export function destinationsOf(services: Pick<Services, 'resources'>, account: string): FoundDestination[] {
  return [...services.resources.snapshots.current().instances.values()]
    .filter(view => view.account === account)
    .flatMap(view => {
      const { apiDestination } = foreignOf(view.spec.foreign)
      return isObject(apiDestination)
        ? [{ view, destination: apiDestination as unknown as KeptDestination }]
        : []
    })
    .sort((left, right) =>
      left.destination.ApiDestinationName < right.destination.ApiDestinationName ? -1 : 1,
    )
}

/** Those that go by a connection. */
export function boundTo(
  services: Pick<Services, 'resources'>,
  account: string,
  connection: string,
): FoundDestination[] {
  return destinationsOf(services, account).filter(
    ({ destination }) => destination.ConnectionName === connection,
  )
}

const destinationPart: NamedPart<InstanceSpec> = {
  quota: 'api-destinations',
  has: ({ spec }) => isObject(foreignOf(spec.foreign)['apiDestination']),
}

/** Writes the instance of a destination: its address, and the credentials of its connection as they are now. */
export async function writeDestination(
  services: Pick<Services, 'resources'>,
  account: string,
  destination: KeptDestination,
  expected?: number,
): Promise<void> {
  const { Description: description = '', HttpApiParameters, ApiDestinationName, ConnectionName } = destination
  const { instances, snapshots } = services.resources
  const connection = snapshots.current().instances.get(busKey(account, connectionInstance(ConnectionName)))
  const auth = connection?.spec.options['auth']
  const spec = {
    description,
    connector: 'http',
    options: {
      url: HttpApiParameters.Endpoint,
      method: HttpApiParameters.Method,
      ...(auth === undefined ? {} : { auth }),
    },
    foreign: { [foreignName]: { apiDestination: destination } },
  }
  await instances.put(
    account,
    destinationInstance(ApiDestinationName),
    spec,
    expected,
    'eventbridge',
    destinationPart,
    connection,
  )
}

/** Brings the destinations of a connection up to its credentials. Repeating the change repairs one that was interrupted. */
export async function rewriteBound(
  services: Pick<Services, 'resources'>,
  account: string,
  connection: string,
): Promise<void> {
  for (const { view, destination } of boundTo(services, account, connection)) {
    await writeDestination(services, account, destination, view.revision)
  }
}
