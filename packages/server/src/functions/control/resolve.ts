import type { Random } from '@millrace/spi'
import { type Deployment, type FunctionView, latestVersion } from '../../resources/index.ts'
import { functionError } from '../errors.ts'

/**
 * The form of the function that a call by this qualifier runs (function-compute section 9.2): `LATEST` when absent, a
 * published version by its number, else by an alias, whose weights are drawn for each call. Throws
 * `function.version-not-found` and `function.alias-not-found`; an alias may name a version that was deleted.
 */
export function resolveDeployment(
  view: FunctionView,
  qualifier: string | undefined,
  random: Pick<Random, 'next'>,
): Deployment {
  if (qualifier === undefined || qualifier === latestVersion) return view.latest
  if (/^[0-9]+$/.test(qualifier)) return findVersion(view, qualifier)
  const alias = view.aliases.get(qualifier)
  if (alias === undefined) {
    const name = qualifier.slice(0, 128)
    throw functionError('function.alias-not-found', `function ${view.name} has no alias ${name}`, {
      name: view.name,
      alias: name,
    })
  }
  const { version, canary } = alias.spec
  return findVersion(view, canary !== undefined && random.next() < canary.weight ? canary.version : version)
}

function findVersion(view: FunctionView, version: string): Deployment {
  if (version === latestVersion) return view.latest
  const found = view.versions.get(version)
  if (found !== undefined) return found.deployment
  const name = version.slice(0, 20)
  throw functionError('function.version-not-found', `function ${view.name} has no version ${name}`, {
    name: view.name,
    version: name,
  })
}
