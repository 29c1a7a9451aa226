import type { CompatibleAction, CompatibleInterface } from '../compatibility.ts'
import { operations } from './operations.ts'

const notes: Readonly<Record<string, string>> = {
  AssumeRole:
    'credentials cannot be ended singly; the key of an account cannot take on a role; SourceIdentity and Tags are ignored',
  GetCallerIdentity: 'needs no permission, and cannot be denied',
}

const refused: Readonly<Record<string, string>> = {
  AssumeRoleWithSAML: 'there are no identity providers that write SAML here',
  AssumeRoleWithOIDC: 'no role trusts an identity provider here',
}

/** What `docs/reference/compatibility.md` tells of this folder. */
export const compatibleInterfaces: readonly CompatibleInterface[] = [
  {
    title: 'Alibaba Cloud STS, 2015-04-01',
    client: '`@alicloud/openapi-core` 1.0.8',
    guide: 'concepts/identity.md',
    actions: [
      ...[...operations.keys()].map((name): CompatibleAction => {
        const note = notes[name]
        return { name, verdict: 'works', ...(note === undefined ? {} : { note }) }
      }),
      ...Object.entries(refused).map(
        ([name, note]): CompatibleAction => ({ name, verdict: 'refused', note }),
      ),
    ],
  },
]
