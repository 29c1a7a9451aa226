export { explainEvent, type RuleVerdict } from './explain.ts'
export { liveVersions, newDelivery, route, type Routed } from './route.ts'
