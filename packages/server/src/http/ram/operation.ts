import type { Principal } from '../../auth/index.ts'
import type { NamedStore } from '../../resources/index.ts'
import type { AccessRule } from '../access.ts'
import type { Services } from '../services.ts'
import type { Input } from './input.ts'

/** Who calls, with what. */
export interface Call {
  readonly services: Services
  readonly account: string
  readonly actor: Principal['actor']
  readonly input: Input
}

/** One operation: the members of its answer besides `RequestId`. */
export type Operation = (call: Call) => object | Promise<object>

/** What an operation needs: parameters of the request are named as those of a path are. */
export type OperationAccess = readonly AccessRule[]

/** Times that a change is made anew because somebody else changed the same document in between. */
const changeAttemptsMax = 5

/** Changes a document as it is now; what others change at the same moment is not lost. */
export async function change<Spec extends object>(
  store: NamedStore<Spec>,
  account: string,
  name: string,
  changed: (spec: Spec, createdAtMs: number) => Spec,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { spec, revision, createdAtMs } = store.get(account, name)
    const next = changed(spec, createdAtMs)
    try {
      await store.put(account, name, next, revision)
      return
    } catch (thrown) {
      const hasChanged = store.get(account, name).revision !== revision
      if (!hasChanged || attempt === changeAttemptsMax) throw thrown
    }
  }
}
