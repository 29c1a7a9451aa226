import type { Tree } from '../source/index.ts'
import { apiAreas, apiIndex, apiPage } from './api-page.ts'
import { compatibilityPage } from './compatibility-page.ts'
import { connectorsPage } from './connectors-page.ts'
import { errorsPage } from './errors-page.ts'
import { metricsPage } from './metrics-page.ts'
import { served } from './served.ts'

/** A page of the reference that is made from the sources. */
export interface GeneratedPage {
  readonly path: string
  make(tree: Tree): string | Promise<string>
}

export const generatedPages: readonly GeneratedPage[] = [
  { path: 'docs/reference/api/README.md', make: async tree => apiIndex((await served(tree)).api) },
  ...Object.keys(apiAreas).map(area => ({
    path: `docs/reference/api/${area}.md`,
    make: async (tree: Tree) => apiPage((await served(tree)).api, area),
  })),
  { path: 'docs/reference/compatibility.md', make: compatibilityPage },
  { path: 'docs/reference/connectors.md', make: connectorsPage },
  { path: 'docs/reference/errors.md', make: errorsPage },
  { path: 'docs/reference/metrics.md', make: async tree => metricsPage((await served(tree)).metrics) },
]
