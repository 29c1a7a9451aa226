import type { Tree } from '../source/index.ts'
import { compatibilityPage } from './compatibility-page.ts'
import { connectorsPage } from './connectors-page.ts'
import { errorsPage } from './errors-page.ts'

/** A page of the reference that is made from the sources. */
export interface GeneratedPage {
  readonly path: string
  make(tree: Tree): string | Promise<string>
}

export const generatedPages: readonly GeneratedPage[] = [
  { path: 'docs/reference/compatibility.md', make: compatibilityPage },
  { path: 'docs/reference/connectors.md', make: connectorsPage },
  { path: 'docs/reference/errors.md', make: errorsPage },
]
