import { Type } from 'typebox'
import { busKey } from './names.ts'
import type { Snapshot } from './snapshot.ts'

/** Tags of a bus or rule: conditions of policies may ask for them (identity section 2.3). */
export const Tags = Type.Optional(
  Type.Record(
    Type.String({ minLength: 1, maxLength: 128 }),
    Type.String({ maxLength: 256, description: 'May be empty.' }),
    {
      maxProperties: 50,
      description: 'For people, and for conditions of policies: `acs:ResourceTag/<key>`.',
    },
  ),
)

/** The tags of the function, bus or rule that an ARN is about, or a part of it is; `undefined` for everything else. */
export function tagsOfResource(
  { buses, functions }: Pick<Snapshot, 'buses' | 'functions'>,
  resource: string,
): Readonly<Record<string, string>> | undefined {
  const [, service, account = '', path = ''] = /^acs:(\w+):[^:]*:(\d+):(.+)$/.exec(resource) ?? []
  const [kind, first = '', part, second = ''] = path.split('/')
  if (service === 'fc' && kind === 'functions') return functions.get(busKey(account, first))?.spec.tags
  if (service !== 'eventbridge' || kind !== 'eventbus') return undefined
  const bus = buses.get(busKey(account, first))
  return part === 'rule' ? bus?.rules.get(second)?.spec.tags : bus?.spec.tags
}
