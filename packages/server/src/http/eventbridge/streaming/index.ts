export { streamingActions } from './actions.ts'
