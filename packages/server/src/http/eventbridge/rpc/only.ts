import { type Static, Type } from 'typebox'
import type { Services } from '../../services.ts'
import { type Action, jsonAction } from '../action.ts'
import { connectionActions, destinationActions } from '../connections/index.ts'
import { businessOptionAction } from '../streaming/index.ts'

const UpdateEventBus = Type.Object({ EventBusName: Type.String(), Description: Type.Optional(Type.String()) })
const Product = Type.Object({ ProductName: Type.Optional(Type.String()) })

/** Actions that only this style has. */
export function rpcOnlyActions(services: Services): Readonly<Record<string, Action>> {
  return {
    updateEventBus: jsonAction('bus', UpdateEventBus, async (account, input) => {
      await updateBus(services, account, input)
      return {}
    }),
    updateEventStreamingBusinessOption: businessOptionAction(services),
    ...connectionActions(services),
    ...destinationActions(services),
    checkServiceLinkedRole: jsonAction('event', Product, (_account, { ProductName = '' }) => ({
      CheckPass: true,
      StsRoleName: ProductName,
    })),
    createServiceLinkedRole: jsonAction('event', Product, () => ({})),
  }
}

async function updateBus(
  services: Services,
  account: string,
  { EventBusName: name, Description }: Static<typeof UpdateEventBus>,
): Promise<void> {
  const { spec, revision } = services.resources.buses.get(account, name)
  if (Description === undefined) return
  await services.resources.buses.put(account, name, { ...spec, description: Description }, revision)
}
