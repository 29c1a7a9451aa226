import type { Random } from '@millrace/spi'
import type { HttpLimits } from '../limits.ts'
import type { Services } from '../services.ts'
import type { CodeLinks } from './code-links.ts'

/** What the actions of this interface are made of. */
export interface FcParts {
  readonly services: Services
  readonly random: Random
  readonly links: CodeLinks
  readonly limits: HttpLimits
}
