export { sourceActions } from './actions.ts'
export { sourcesOf } from './store.ts'
export { webhookRoutes } from './webhook-routes.ts'
