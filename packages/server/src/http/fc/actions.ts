import type { CompatibleInterface } from '../compatibility.ts'
import { generation2 } from './generation2/index.ts'
import { generation3 } from './generation3/index.ts'

/** What `docs/reference/compatibility.md` tells of this folder. */
export const compatibleInterfaces: readonly CompatibleInterface[] = [generation3, generation2]
