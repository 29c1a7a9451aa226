import { latestVersion } from '../../../resources/index.ts'
import { answered, type Handler, queryList, queryOf } from '../call.ts'
import { pageLimitMax, wholeNumber } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import type { SubjectOf } from '../subject.ts'

/** `ListInstances`: those that are there now. Of instances that are gone nothing is known. */
export function instancesHandler({ services }: FcParts, subjectOf: SubjectOf): Handler {
  return async call => {
    const { account, name, qualifier } = await subjectOf(call)
    const view = services.resources.functions.view(account, name)
    const isNamed = queryOf(call, 'qualifier') !== undefined || qualifier !== latestVersion
    const versions = isNamed ? versionsOf(view.aliases.get(qualifier)?.spec, qualifier) : undefined
    const ids = queryList(call, 'instanceIds')
    const limit = wholeNumber(call, 'limit', 1, pageLimitMax) ?? pageLimitMax
    const instances = services.functions
      .status(account, name)
      .instances.filter(({ version }) => versions === undefined || versions.includes(version))
      .filter(({ id }) => ids === undefined || ids.length === 0 || ids.includes(id))
      .slice(0, limit)
      .map(({ id, version, startedAtMs }) => ({
        instanceId: id,
        versionId: version === latestVersion ? '0' : version,
        qualifier: isNamed ? qualifier : version,
        status: 'Running',
        createdTimeMs: startedAtMs,
      }))
    return answered({ instances, requestId: call.requestId })
  }
}

function versionsOf(
  alias: { readonly version: string; readonly canary?: { readonly version: string } } | undefined,
  qualifier: string,
): string[] {
  if (alias === undefined) return [qualifier]
  return [alias.version, ...(alias.canary === undefined ? [] : [alias.canary.version])]
}
