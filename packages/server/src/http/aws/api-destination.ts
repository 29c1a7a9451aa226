import type { ForeignDocument, ForeignDocuments } from '../../resources/index.ts'
import { arnOf, parseArn } from './names.ts'
import type { Call } from './operation.ts'

/** What is kept of an API destination. */
export interface ApiDestination {
  readonly name: string
  /** The last part of its ARN. */
  readonly unique: string
  /** Name of the connection. */
  readonly connection: string
  readonly endpoint: string
  readonly method: string
  readonly ratePerSecondMax: number
  readonly description?: string
}

export function apiDestinations({ services }: Call): ForeignDocuments {
  return services.resources.foreign.of('aws', 'api-destination')
}

export function readApiDestination({ value }: ForeignDocument): ApiDestination {
  return value as unknown as ApiDestination
}

export function apiDestinationArn(call: Call, { name, unique }: ApiDestination): string {
  return arnOf(call, `api-destination/${name}/${unique}`)
}

/** The one that an ARN names, if there is one. */
export async function findApiDestination(call: Call, arn: string): Promise<ApiDestination | undefined> {
  const [, name = '', unique] = parseArn(arn)?.resource.split('/') ?? []
  if (name === '') return undefined
  const found = await apiDestinations(call).find(call.account, name)
  const destination = found && readApiDestination(found)
  return destination?.unique === unique ? destination : undefined
}
