export { businessOptionAction, streamingActions } from './actions.ts'
