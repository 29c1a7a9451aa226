export { compileConditions, type Condition } from './conditions.ts'
export { type ConditionContext, conditionKey, contextOf } from './context.ts'
export {
  type Attached,
  decide,
  type Decision,
  type Outcome,
  type PolicyLayer,
  type PolicyRequest,
  type PolicySets,
} from './decide.ts'
export { duplicateMember } from './duplicate-member.ts'
export { policyErrors } from './errors.ts'
export { parsePolicy, type Policy, type PolicyKind, type Statement } from './policy.ts'
export { type GeneratedPolicy, leastPrivilege } from './least-privilege.ts'
export type { Applicant } from './principals.ts'
export { isSystemPolicy, systemPolicies } from './system-policies.ts'
