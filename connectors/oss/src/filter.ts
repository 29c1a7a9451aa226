import type { Notice } from './notice.ts'
import type { OssSourceOptions } from './options.ts'

type Rules = Pick<OssSourceOptions, 'bucket' | 'prefix' | 'keyRules' | 'types'>

/** Whether the options want what a notice tells of. */
export function isWanted(
  { bucket, key, type }: Pick<Notice, 'bucket' | 'key' | 'type'>,
  rules: Rules,
): boolean {
  if (rules.bucket !== undefined && rules.bucket !== bucket) return false
  if (!key.startsWith(rules.prefix)) return false
  if (!rules.types.some(pattern => fits(type, pattern))) return false
  const fitting = rules.keyRules.filter(
    ({ prefix, suffix }) => key.startsWith(prefix) && key.endsWith(suffix),
  )
  if (fitting.some(({ exclude }) => exclude)) return false
  return fitting.length > 0 || rules.keyRules.every(({ exclude }) => exclude)
}

function fits(type: string, pattern: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern
}
