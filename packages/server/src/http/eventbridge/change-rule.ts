import type { RuleSpec } from '../../resources/index.ts'
import type { Services } from '../services.ts'

/** Times that a change is made anew because somebody else changed the rule in between. */
export const changeAttemptsMax = 5

/** Changes a rule as it is now; what others change at the same moment is not lost. */
export async function changeRule(
  services: Services,
  account: string,
  bus: string,
  rule: string,
  change: (spec: RuleSpec) => unknown,
): Promise<void> {
  const { rules } = services.resources
  for (let attempt = 1; ; attempt++) {
    const { spec, revision } = rules.get(account, bus, rule)
    try {
      await rules.put(account, bus, rule, change(spec), revision, 'eventbridge')
      return
    } catch (thrown) {
      const hasChanged = rules.get(account, bus, rule).revision !== revision
      if (!hasChanged || attempt === changeAttemptsMax) throw thrown
    }
  }
}
