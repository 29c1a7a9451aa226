export { explainEvent, type RuleVerdict } from './explain.ts'
export { liveVersions, newDelivery, route, type RoutedQueue } from './route.ts'
