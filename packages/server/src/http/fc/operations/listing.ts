import type { FunctionView } from '../../../resources/index.ts'
import type { Services } from '../../services.ts'
import { textOrder } from '../paging.ts'

/** All functions of an account by name. */
export function functionsOf({ resources }: Services, account: string): FunctionView[] {
  return [...resources.snapshots.current().functions.values()]
    .filter(view => view.account === account)
    .sort((left, right) => textOrder(left.name, right.name))
}

/** The settings of one kind over several functions, with the function and the qualifier of each. */
export function settingsOf<Setting>(
  views: readonly FunctionView[],
  of: (view: FunctionView) => ReadonlyMap<string, Setting>,
): { readonly view: FunctionView; readonly qualifier: string; readonly setting: Setting }[] {
  return views.flatMap(view => [...of(view)].map(([qualifier, setting]) => ({ view, qualifier, setting })))
}
