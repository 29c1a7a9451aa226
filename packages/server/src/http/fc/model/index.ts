export { checkedOf } from './checked.ts'
export { asyncConfigOf, AsyncConfigInput, asyncSpecOf } from './async-config.ts'
export { type DomainInput, domainFields, domainSettings, domainSpecOf, type RouteTarget } from './domain.ts'
export { foreignOf, withForeign } from './foreign.ts'
export { CodeInput, functionFields, type FunctionInput, TagsInput } from './function-fields.ts'
export { blankFunction, functionSpecOf } from './function-spec.ts'
export { commonFields, type ShownFunction, stableId, tagList } from './function-view.ts'
export {
  ProvisionInput,
  provisionOf,
  ScalingInput,
  scalingOf,
  specOfProvision,
  specOfScaling,
} from './scaling.ts'
export { timeOf } from './times.ts'
export { triggerConfigOf, triggerSpecOf, type TriggerWords } from './trigger-spec.ts'
