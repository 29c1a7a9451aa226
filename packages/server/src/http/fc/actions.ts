import type { FcInterface } from './action-table.ts'
import { generation2 } from './generation2/index.ts'
import { generation3 } from './generation3/index.ts'

/** What `docs/reference/compatibility.md` tells of this folder. */
export const compatibleInterfaces: readonly FcInterface[] = [generation3, generation2]
