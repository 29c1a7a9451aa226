import type { Control } from './control.ts'
import { documentKey } from './records.ts'

export const functionStateKind = 'function-state'

/** What is stored of a function besides its spec and its parts; absent while everything is as at its creation. */
export interface FunctionState {
  /** The greatest number that was ever given to a version. */
  readonly lastVersion: number
  readonly reservedInstances?: number
  /** Why it may not be called. */
  readonly disabled?: string
}

const initialState: FunctionState = { lastVersion: 0 }

/** Writes a changed state and puts it in force. Inside `exclusive`. */
export async function writeFunctionState(
  control: Control,
  account: string,
  name: string,
  change: (state: FunctionState) => FunctionState,
): Promise<FunctionState> {
  const view = control.functionView(account, name)
  const state = change(control.states.get(view.key) ?? initialState)
  await control.host.documents.put(documentKey(functionStateKind, account, name), state)
  control.states.set(view.key, state)
  const { reservedInstances, disabled } = state
  if (view.reservedInstances !== reservedInstances || view.disabled !== disabled) {
    control.setFunction({ ...view, reservedInstances, disabled })
  }
  return state
}
